/**
 * The gather that only moves voxels, as a kernel on bits: what any dtype holds, NaN payloads and integers
 * beyond float64 included, arrives as it was, at the speed of memory. Rows are taken along the output axis
 * that shares the source's cache lines, `inner`, be it y or z; along the other, `outer`, they start anew.
 */
import type { Local } from "../assembler/index.ts";
import type { F, Reader } from "./context.ts";
import { narrowHelper } from "./interval.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { blockRows } from "./move-across.ts";
import { type Interval, RegionEmitter, type RegionShape } from "./move-regions.ts";
import { type Fill, fillHelper } from "./move-rows.ts";
import { vectorBytes, type Width } from "./move-steps.ts";
import { Movers, type MoveTapEmitter, type MoveTapShape, type Stretch, slantedTap, tableTap } from "./move-tap.ts";

/** What is due along a stretch: a tap, or one of the values that the host has tabled. */
export type Due = { readonly kind: "tap"; readonly tap: number } | { readonly kind: "value"; readonly value: number };

/** All that a kernel depends on: equal shapes share one module. */
export interface MoveShape {
  readonly width: Width;
  readonly regions: readonly RegionShape[];
  readonly taps: readonly MoveTapShape[];
  /** What the choices of regions lead to. */
  readonly dues: readonly Due[];
}

/** Whether rows are done in blocks: either all taps lie across the rows, or none is treated so. */
export const inBlocks = ({ taps }: MoveShape): boolean => taps.length > 0 && taps.every(({ way }) => way === "across");

export const moveKernel = (shape: MoveShape, shared: boolean): Kernel =>
  kernelOf(
    "move",
    shared,
    (context) => ({
      narrow: narrowHelper(context),
      movers: new Movers(context, shape.width),
      fill: fillHelper(context, shape.width),
    }),
    ({ f, read, scratch, from, to }, { narrow, movers, fill }) => {
      const nx = read.i32("nx");
      const rows = new RowEmitter(f, read, shape, {
        nx,
        fill,
        regions: new RegionEmitter(f, read, shape.regions, nx, narrow),
        taps: shape.taps.map((tap, k) =>
          tap.way === "slanted"
            ? slantedTap(f, read, k, tap.boundary, movers, narrow, nx)
            : tableTap(f, read, k, tap, movers),
        ),
      });
      rows.units(scratch, from, to);
    },
  );

interface Parts {
  readonly nx: Local<"i32">;
  readonly fill: Fill;
  readonly regions: RegionEmitter;
  readonly taps: readonly MoveTapEmitter[];
}

class RowEmitter {
  readonly #f: F;
  readonly #shape: MoveShape;
  readonly #parts: Parts;
  readonly #number: (name: string) => Local<"i32">;

  constructor(f: F, read: Reader, shape: MoveShape, parts: Parts) {
    this.#f = f;
    this.#shape = shape;
    this.#parts = parts;
    const known = new Map<string, Local<"i32">>();
    // Read once, before any loop.
    for (const name of [
      "innerCount",
      "innerBytes",
      "outerCount",
      "outerBytes",
      "groupsPerChannel",
      "innerIsZ",
      "choices",
      "values",
      "channels",
      "straightFrom",
      "straightTo",
    ])
      known.set(name, read.i32(name));
    this.#number = (name) => known.get(name) ?? missing(name);
  }

  /** Units lie along the inner axis, those of all groups in a row; a group is a channel, or a plane of one. */
  units(scratch: Local<"i32">, from: Local<"i32">, to: Local<"i32">): void {
    const f = this.#f;
    const { i32 } = f;
    const innerCount = this.#number("innerCount");
    const unit = f.keep(from, "unit");
    const out = f.keep(scratch, "out");
    f.while(i32.lt_s(unit, to), () => {
      const group = f.keep(i32.div_u(unit, innerCount), "group");
      const first = f.keep(i32.rem_u(unit, innerCount), "first");
      const [rest, left] = [f.keep(i32.sub(innerCount, first)), f.keep(i32.sub(to, unit))];
      const count = f.keep(f.select(i32.lt_s(rest, left), rest, left), "count");
      const channel = f.keep(i32.div_u(group, this.#number("groupsPerChannel")), "channel");
      const outer = f.keep(i32.rem_u(group, this.#number("groupsPerChannel")), "outer");
      const row = f.keep(out, "row");
      const end = f.keep(i32.add(outer, this.#number("outerCount")));
      f.while(i32.lt_s(outer, end), () => {
        this.#strip(channel, outer, first, count, row);
        row.set(i32.add(row, this.#number("outerBytes")));
        outer.set(i32.add(outer, 1));
      });
      out.set(i32.add(out, i32.mul(count, this.#number("innerBytes"))));
      unit.set(i32.add(unit, count));
    });
  }

  /** Rows at one index of the outer axis. */
  #strip(
    channel: Local<"i32">,
    outer: Local<"i32">,
    first: Local<"i32">,
    count: Local<"i32">,
    start: Local<"i32">,
  ): void {
    const f = this.#f;
    const { i32 } = f;
    const inner = f.keep(first, "inner");
    const end = f.keep(i32.add(first, count), "end");
    const out = f.keep(start, "out");
    const rowStride = this.#number("innerBytes");
    const isZ = this.#number("innerIsZ");
    const place = (at: Local<"i32">) => ({
      y: f.keep(f.select(isZ, outer, at), "y"),
      z: f.keep(f.select(isZ, at, outer), "z"),
    });
    f.while(i32.lt_s(inner, end), () => {
      const { y, z } = place(inner);
      for (const tap of this.#parts.taps) tap.startRow(channel, y, z);
      const regions = this.#parts.regions.row(y, z);
      const rows = f.keep(i32.const(1), "rows");
      if (inBlocks(this.#shape)) this.#block(inner, end, rows, regions, place);
      this.#stretches(channel, regions, { out, rows, rowStride });
      inner.set(i32.add(inner, rows));
      out.set(i32.add(out, i32.mul(rows, rowStride)));
    });
  }

  /** Grows a block by rows that are cut alike and lie side by side in the source. */
  #block(
    inner: Local<"i32">,
    end: Local<"i32">,
    rows: Local<"i32">,
    regions: readonly Interval[],
    place: (at: Local<"i32">) => { readonly y: Local<"i32">; readonly z: Local<"i32"> },
  ): void {
    const f = this.#f;
    const { i32 } = f;
    const [from, to] = [this.#number("straightFrom"), this.#number("straightTo")];
    const straight = i32.and(i32.ge_s(inner, from), i32.lt_s(inner, to));
    f.if(straight, () => {
      const most = f.keep(i32.add(inner, blockRows(this.#shape.width)));
      const held = f.keep(f.select(i32.lt_s(end, to), end, to));
      const limit = f.keep(f.select(i32.lt_s(most, held), most, held));
      const next = f.keep(i32.add(inner, 1), "next");
      f.while(i32.lt_s(next, limit), (leave) => {
        const { y, z } = place(next);
        for (const [k, { start, end }] of this.#parts.regions.row(y, z).entries()) {
          const first = regions[k] ?? missing(`region ${k}`);
          f.brIf(leave, i32.or(i32.ne(start, first.start), i32.ne(end, first.end)));
        }
        next.set(i32.add(next, 1));
        rows.set(i32.add(rows, 1));
      });
    });
  }

  /** Cuts the rows where regions begin and end. */
  #stretches(
    channel: Local<"i32">,
    regions: readonly Interval[],
    block: Pick<Stretch, "out" | "rows" | "rowStride">,
  ): void {
    const f = this.#f;
    const { i32 } = f;
    const { nx } = this.#parts;
    const x = f.keep(i32.const(0), "x");
    f.while(i32.lt_s(x, nx), () => {
      const stop = f.keep(nx, "stop");
      const held = f.keep(i32.const(0), "held");
      for (const [k, { start, end }] of regions.entries())
        f.if(
          i32.lt_s(x, start),
          () => stop.set(f.select(i32.lt_s(start, stop), start, stop)),
          () =>
            f.if(i32.lt_s(x, end), () => {
              stop.set(f.select(i32.lt_s(end, stop), end, stop));
              held.set(i32.or(held, 1 << k));
            }),
        );
      const choice = f.keep(i32.load8_u(i32.add(this.#number("choices"), held)), "choice");
      for (const [k, due] of this.#shape.dues.entries())
        f.if(i32.eq(choice, k), () => this.#due(due, channel, { ...block, x, stop }));
      x.set(stop);
    });
  }

  #due(due: Due, channel: Local<"i32">, stretch: Stretch): void {
    if (due.kind === "tap") {
      const tap = this.#parts.taps[due.tap] ?? missing(`tap ${due.tap}`);
      tap.move(stretch);
      return;
    }
    const f = this.#f;
    const { i32 } = f;
    const index = i32.add(i32.mul(this.#number("channels"), due.value), channel);
    const pattern = f.keep(i32.add(this.#number("values"), i32.mul(index, vectorBytes)));
    const count = f.keep(i32.sub(stretch.stop, stretch.x));
    const at = f.keep(i32.add(stretch.out, i32.mul(stretch.x, this.#shape.width)));
    const row = f.local("i32");
    f.forRange(row, 0, stretch.rows, 1, () => {
      f.call(this.#parts.fill, { at, pattern, count });
      at.set(i32.add(at, stretch.rowStride));
    });
  }
}

const missing = (what: string): never => {
  throw new RangeError(`the kernel has nothing for ${what}`);
};
