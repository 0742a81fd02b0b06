/**
 * A tap that moves voxels, along an output row. Where axes stay axes, the host has tabled for each index
 * along each output axis how far into the source it leads, whatever the boundary does with it; the address
 * of a voxel is the sum of three entries. Only slanted taps compute coordinates.
 */
import type { TapBoundary } from "../../../compiler/plan.ts";
import { tieTolerance } from "../../../compiler/stencil.ts";
import type { Local } from "../assembler/index.ts";
import type { Context, F, I32, Reader } from "./context.ts";
import type { Narrow } from "./interval.ts";
import { type Across, acrossHelper } from "./move-across.ts";
import { anywhereHelper, type Nearest, withinHelper } from "./move-nearest.ts";
import { type Forward, forwardHelper, type Lanes, lanesHelper, type Window, windowHelper } from "./move-rows.ts";
import type { Width } from "./move-steps.ts";

/**
 * How the voxels of a row lie in the source: one after the other; close together; anywhere, by table; across
 * the rows of a block; or along a slanted line.
 */
export type MoveTapShape =
  | { readonly way: "forward" | "window" | "lanes" }
  | { readonly way: "across"; readonly backward: boolean }
  | { readonly way: "slanted"; readonly boundary: TapBoundary };

/** A stretch of an output row, or of a block of them. */
export interface Stretch {
  /** Where voxel 0 of the first row goes. */
  readonly out: Local<"i32">;
  readonly x: Local<"i32">;
  readonly stop: Local<"i32">;
  readonly rows: Local<"i32">;
  readonly rowStride: Local<"i32">;
}

export interface MoveTapEmitter {
  startRow(channel: I32, y: Local<"i32">, z: Local<"i32">): void;
  move(stretch: Stretch): void;
}

/** The helpers of a module, each made once however many taps call it. */
export class Movers {
  readonly #context: Context;
  readonly width: Width;
  #forward: Forward | undefined;
  #window: Window | undefined;
  #lanes: Lanes | undefined;
  readonly #across = new Map<boolean, Across>();

  constructor(context: Context, width: Width) {
    this.#context = context;
    this.width = width;
  }

  get forward(): Forward {
    this.#forward ??= forwardHelper(this.#context, this.width);
    return this.#forward;
  }
  get window(): Window {
    this.#window ??= windowHelper(this.#context, this.width);
    return this.#window;
  }
  get lanes(): Lanes {
    this.#lanes ??= lanesHelper(this.#context, this.width);
    return this.#lanes;
  }
  across(backward: boolean): Across {
    const across = this.#across.get(backward) ?? acrossHelper(this.#context, this.width, backward);
    this.#across.set(backward, across);
    return across;
  }
  slanted(boundary: TapBoundary, k: number): { readonly anywhere: Nearest; readonly within: Nearest } {
    const anywhere = anywhereHelper(this.#context, this.width, boundary, k);
    return { anywhere, within: withinHelper(this.#context, this.width, anywhere, k) };
  }
}

/** Between two limits of the row a tap moves the fast way. */
const inParts = (
  f: F,
  { x, stop }: Stretch,
  from: Local<"i32">,
  to: Local<"i32">,
  fast: (x: Local<"i32">, count: Local<"i32">) => void,
  slow: (x: Local<"i32">, count: Local<"i32">) => void,
): void => {
  const { i32 } = f;
  const held = (at: I32, low: Local<"i32">): Local<"i32"> => {
    const raised = f.keep(f.select(i32.gt_s(at, low), at, low));
    return f.keep(f.select(i32.lt_s(raised, stop), raised, stop));
  };
  const first = held(from, x);
  const second = held(to, first);
  const part = (move: typeof fast, a: Local<"i32">, b: Local<"i32">): void => {
    const count = f.keep(i32.sub(b, a));
    f.if(count, () => move(a, count));
  };
  part(slow, x, first);
  part(fast, first, second);
  part(slow, second, stop);
};

/** A tap whose axes stay axes. */
export const tableTap = (
  f: F,
  read: Reader,
  k: number,
  shape: Exclude<MoveTapShape, { way: "slanted" }>,
  movers: Movers,
): MoveTapEmitter => {
  const { i32 } = f;
  const { width } = movers;
  const name = (part: string): string => `tap${k}.${part}`;
  const [source, channelBytes] = [read.i32(name("source")), read.i32(name("channelBytes"))];
  const [alongX, alongY, alongZ] = [read.i32(name("along0")), read.i32(name("along1")), read.i32(name("along2"))];
  const [from, to] = [read.i32(name("from")), read.i32(name("to"))];
  const here = f.local("i32", name("here"));
  const at = (out: I32, x: I32): I32 => i32.add(out, i32.mul(x, width));
  const entry = (table: I32, index: I32): I32 => i32.add(table, i32.shl(index, 2));
  const lanes = (out: I32, x: Local<"i32">, count: Local<"i32">): void => {
    f.call(movers.lanes, { at: at(out, x), from: here, offsets: entry(alongX, x), count });
  };
  const ways: Readonly<Record<typeof shape.way, () => (stretch: Stretch) => void>> = {
    forward: () => (stretch) =>
      inParts(
        f,
        stretch,
        from,
        to,
        (x, count) => {
          const source = i32.add(here, i32.load(entry(alongX, x)));
          f.call(movers.forward, { at: at(stretch.out, x), from: source, count });
        },
        (x, count) => lanes(stretch.out, x, count),
      ),
    window: () => {
      const [starts, masks] = [read.i32(name("starts")), read.i32(name("masks"))];
      return (stretch) =>
        inParts(
          f,
          stretch,
          from,
          to,
          (x, count) => {
            f.call(movers.window, {
              at: at(stretch.out, x),
              from: here,
              offsets: entry(alongX, x),
              starts: entry(starts, x),
              masks: i32.add(masks, i32.shl(x, 4)),
              count,
            });
          },
          (x, count) => lanes(stretch.out, x, count),
        );
    },
    lanes: () => (stretch) => lanes(stretch.out, stretch.x, f.keep(i32.sub(stretch.stop, stretch.x))),
    across:
      () =>
      ({ out, x, stop, rows, rowStride }) => {
        const backward = shape.way === "across" && shape.backward;
        const count = i32.sub(stop, x);
        const offsets = entry(alongX, x);
        f.call(movers.across(backward), { at: at(out, x), rowStride, rows, from: here, offsets, count });
      },
  };
  return {
    startRow: (channel, y, z) =>
      here.set(
        i32.add(
          i32.add(source, i32.mul(channel, channelBytes)),
          i32.add(i32.load(entry(alongY, y)), i32.load(entry(alongZ, z))),
        ),
      ),
    move: ways[shape.way](),
  };
};

/** A tap along slanted lines. */
export const slantedTap = (
  f: F,
  read: Reader,
  k: number,
  boundary: TapBoundary,
  movers: Movers,
  narrow: Narrow,
  length: Local<"i32">,
): MoveTapEmitter => {
  const { i32, f64 } = f;
  const name = (part: string): string => `tap${k}.${part}`;
  const m = Array.from({ length: 9 }, (_, e) => read.f64(name(`m${e}`)));
  const [first, channelBytes] = [read.i32(name("source")), read.i32(name("channelBytes"))];
  const [nx, ny, nz] = [read.i32(name("n0")), read.i32(name("n1")), read.i32(name("n2"))];
  const [rowBytes, planeBytes] = [read.i32(name("sy")), read.i32(name("sz"))];
  const offsets = [read.f64(name("t0")), read.f64(name("t1")), read.f64(name("t2"))] as const;
  const base = [f.local("f64"), f.local("f64"), f.local("f64")] as const;
  const steps = [m[0], m[3], m[6]] as [Local<"f64">, Local<"f64">, Local<"f64">];
  const source = f.local("i32", name("here"));
  const [from, to] = [f.local("i32", name("from")), f.local("i32", name("to"))];
  const { anywhere, within } = movers.slanted(boundary, k);
  return {
    startRow: (channel, y, z) => {
      source.set(i32.add(first, i32.mul(channel, channelBytes)));
      const [fy, fz] = [f.keep(f64.convert_i32_s(y)), f.keep(f64.convert_i32_s(z))];
      from.set(0);
      to.set(length);
      for (const a of [0, 1, 2] as const) {
        const [my, mz] = [m[a * 3 + 1], m[a * 3 + 2]] as [Local<"f64">, Local<"f64">];
        base[a].set(f64.add(f64.add(f64.mul(my, fy), f64.mul(mz, fz)), offsets[a]));
        const low = -0.5 - tieTolerance;
        const high = f64.add(f64.convert_i32_s([nx, ny, nz][a] as Local<"i32">), low);
        const [b, s] = [base[a], steps[a]];
        const [start, end] = f.call(narrow, { b, s, low, high, start: from, end: to });
        from.set(start);
        to.set(end);
      }
    },
    move: (stretch) => {
      const by =
        (helper: Nearest) =>
        (x: Local<"i32">, count: Local<"i32">): void => {
          const [bx, by, bz] = base;
          const [sx, sy, sz] = steps;
          const at = i32.add(stretch.out, i32.mul(x, movers.width));
          f.call(helper, { at, source, nx, ny, nz, rowBytes, planeBytes, bx, by, bz, sx, sy, sz, x, count });
        };
      inParts(f, stretch, from, to, by(within), by(anywhere));
    },
  };
};
