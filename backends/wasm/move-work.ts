/**
 * Recognizes gathers that only move voxels, and sets up the kernel that moves them as bits: which way each
 * tap reads, the tables that lead it, and the values that fill the rest, quantized as the reference does.
 */
import { axisPattern } from "../../compiler/classify.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather, Region, Tap } from "../../compiler/plan.ts";
import { tieTolerance } from "../../compiler/stencil.ts";
import { compiled } from "./cache.ts";
import { type Due, inBlocks, type MoveShape, moveKernel } from "./kernels/move.ts";
import { blockRows } from "./kernels/move-across.ts";
import { vectorBytes, type Width } from "./kernels/move-steps.ts";
import type { MoveTapShape } from "./kernels/move-tap.ts";
import { canShare } from "./memory.ts";
import { boxOf, type Offsets, offsetsOf, type Span, straight, type Windows, windowsOf } from "./move-tables.ts";
import { anyVoxel, patternsOf, type Value } from "./move-values.ts";
import { dtypeOfBuffer, type Place } from "./places.ts";
import { variantsOf } from "./variants.ts";
import type { Work } from "./work.ts";

/** Output of a job of blocks of rows, in bytes: what stays in a core's own cache until it is copied out. */
const rowsBytes = 2 ** 20;
/** As much where planes are neighbours, and what vectors are worth. */
const planesBytes = 2 ** 22;
const mostPlanesBytes = 2 ** 25;
/** Planes that go together where no blocks are made of them. */
const fewPlanes = 16;

/** The work of a gather that only moves voxels; undefined for any other. */
export const moveWork = (
  pass: Gather,
  output: Buffer,
  places: (buffer: number) => Place,
  wholePlanes: boolean,
): Work | undefined => {
  const dtype = dtypeOfBuffer(output);
  if (!pass.taps.every(({ by, source }) => by === "nearest" && places(source).dtype === dtype)) return undefined;
  const { bodies, choice } = variantsOf(pass.body, pass.regions.length);
  const values: Value[] = [];
  const dues: Due[] = [];
  for (const body of bodies) {
    if (body.kind === "tap") dues.push({ kind: "tap", tap: body.index });
    else if (body.kind === "const" || body.kind === "background")
      dues.push({ kind: "value", value: values.push(body) - 1 });
    else return undefined;
  }
  const { size, channels } = output;
  const [nx, ny, nz] = size;
  // Every dtype has one of these widths.
  const width = dtypes[dtype].bytes as Width;
  const layout = layoutOf(pass.taps, places, size, width, wholePlanes);
  const boxes = pass.regions.map((region) => boxOf(region, size));
  const shape: MoveShape = {
    width,
    regions: boxes.map((box) => (box === undefined ? "slanted" : "box")),
    taps: layout.taps.map(({ shape }) => shape),
    dues,
  };
  const rowBytes = nx * width;
  const { innerIsZ } = layout;
  const unitBytes = innerIsZ ? ny * rowBytes : rowBytes;
  const together = unitsPerJob(unitBytes, innerIsZ, inBlocks(shape), width);
  const tables = new Tables();
  const choices = tables.add(choice);
  const isAsked = (value: number): boolean =>
    anyVoxel(pass, size, (held) => {
      const due = dues[choice[held] ?? -1];
      return due?.kind === "value" && due.value === value;
    });
  const patterns = tables.add(patternsOf(values, dtype, channels, places, isAsked));
  const tapTables = layout.taps.map((tap) => tapTablesOf(tap, tables));
  const numbers: Readonly<Record<string, number>> = {
    nx,
    channels,
    innerCount: innerIsZ ? nz : ny,
    innerBytes: unitBytes,
    outerCount: innerIsZ ? ny : 1,
    outerBytes: rowBytes,
    groupsPerChannel: innerIsZ ? 1 : nz,
    innerIsZ: innerIsZ ? 1 : 0,
    straightFrom: layout.straight.from,
    straightTo: layout.straight.to,
  };
  return {
    kernel: compiled(`move ${JSON.stringify(shape)}`, () => moveKernel(shape, canShare)),
    units: (innerIsZ ? nz : ny * nz) * channels,
    rowsPerUnit: innerIsZ ? ny : 1,
    bytesPerUnit: unitBytes,
    ...(together === undefined ? {} : { unitsPerJob: together }),
    scratchBytes: 64,
    tableBytes: tables.bytes,
    writeTables: (buffer, address) => tables.write(buffer, address),
    valueOf: (name, address) => {
      const [what = "", part = ""] = name.split(".");
      const k = Number(/\d+$/.exec(what)?.[0]);
      if (name === "choices") return address + choices;
      if (name === "values") return address + patterns;
      if (what.startsWith("region")) return regionNumber(pass.regions[k], boxes[k], part);
      if (!what.startsWith("tap")) return numbers[name] ?? Number.NaN;
      const tap = pass.taps[k] as Tap;
      const { [part]: table } = tapTables[k] ?? {};
      if (table !== undefined) return address + table;
      return tapNumber(tap, places(tap.source), layout.taps[k], part);
    },
  };
};

/** Where the tables of a run lie, behind each other, in multiples of 16 bytes. */
class Tables {
  readonly #tables: { readonly at: number; readonly data: Uint8Array }[] = [];
  bytes = 0;

  add(data: Uint8Array): number {
    const at = this.bytes;
    this.#tables.push({ at, data });
    this.bytes += Math.ceil(data.length / vectorBytes) * vectorBytes;
    return at;
  }

  write(buffer: ArrayBufferLike, address: number): void {
    for (const { at, data } of this.#tables) new Uint8Array(buffer, address + at, data.length).set(data);
  }
}

interface TapLayout {
  readonly shape: MoveTapShape;
  readonly offsets: Offsets | undefined;
  readonly windows: Windows | undefined;
  /** The part of a row that can be moved the fast way. */
  readonly span: Span;
}

interface Layout {
  readonly taps: readonly TapLayout[];
  /** Whether rows that are neighbours in z share cache lines, rather than those in y. */
  readonly innerIsZ: boolean;
  /** The rows along the inner axis that can be done in blocks. */
  readonly straight: Span;
}

const nowhere: Span = { from: 0, to: 0 };
const lengthOf = ({ from, to }: Span): number => to - from;

const layoutOf = (
  taps: readonly Tap[],
  places: (source: number) => Place,
  size: Vector3,
  width: Width,
  wholePlanes: boolean,
): Layout => {
  const all = taps.map((tap) => alongRows(tap, offsetsOf(tap, places(tap.source), size), size, width));
  for (const inner of wholePlanes ? ([1, 2] as const) : ([1] as const)) {
    const across = all.map((tap) => asAcross(tap, inner, width));
    const blocks = across.flatMap((tap) => (tap === undefined ? [] : [tap]));
    if (blocks.length === 0 || blocks.length < all.length) continue;
    const from = Math.max(...blocks.map(({ span }) => span.from));
    const to = Math.min(...blocks.map(({ span }) => span.to));
    return { taps: blocks, innerIsZ: inner === 2, straight: { from, to } };
  }
  const [first] = taps;
  const innerIsZ = wholePlanes && first !== undefined && size[2] > 1 && mostlyAlongZ(first);
  return { taps: all, innerIsZ, straight: nowhere };
};

const alongRows = (tap: Tap, offsets: Offsets | undefined, size: Vector3, width: Width): TapLayout => {
  if (offsets === undefined)
    return { shape: { way: "slanted", boundary: tap.boundary }, offsets, windows: undefined, span: nowhere };
  const [table] = offsets.along;
  const run = straight(table, width);
  if (lengthOf(run) * 2 > size[0]) return { shape: { way: "forward" }, offsets, windows: undefined, span: run };
  const windows = windowsOf(table, width);
  return lengthOf(windows.span) * 2 > size[0]
    ? { shape: { way: "window" }, offsets, windows, span: windows.span }
    : { shape: { way: "lanes" }, offsets, windows: undefined, span: nowhere };
};

/** A tap that reads from anywhere as one that reads across rows, if its rows along an axis lie side by side. */
const asAcross = ({ shape, offsets }: TapLayout, inner: 1 | 2, width: Width): TapLayout | undefined => {
  if (shape.way !== "lanes" || offsets === undefined) return undefined;
  const table = offsets.along[inner];
  const [up, down] = [straight(table, width), straight(table, -width)];
  const backward = lengthOf(down) > lengthOf(up);
  const span = backward ? down : up;
  if (lengthOf(span) < 2 || lengthOf(span) * 2 < table.length) return undefined;
  return { shape: { way: "across", backward }, offsets, windows: undefined, span };
};

/** Whether it is z that moves most along the source's rows. */
const mostlyAlongZ = ({ pull }: Tap): boolean => {
  const pattern = axisPattern(pull.linear);
  if (pattern !== undefined) return pattern[0] === 2;
  const [x, y, z] = pull.linear.map(Math.abs) as [number, number, number, ...number[]];
  return z > x && z > y;
};

/** Blocks of rows stay whole; where planes are neighbours, as many as share cache lines go together. */
const unitsPerJob = (unitBytes: number, innerIsZ: boolean, blocks: boolean, width: Width): number | undefined => {
  const rows = blockRows(width);
  if (innerIsZ) {
    const close = Math.max(vectorBytes / width, Math.floor(planesBytes / unitBytes));
    return Math.max(1, Math.min(blocks ? rows : fewPlanes, close, Math.floor(mostPlanesBytes / unitBytes)));
  }
  return blocks ? rows * Math.max(1, Math.floor(rowsBytes / unitBytes / rows)) : undefined;
};

const tapTablesOf = ({ shape, offsets, windows }: TapLayout, tables: Tables): Readonly<Record<string, number>> => {
  if (shape.way === "slanted" || offsets === undefined) return {};
  const numbers = (table: Float64Array): number => tables.add(new Uint8Array(Int32Array.from(table).buffer));
  const [along0, along1, along2] = offsets.along.map(numbers) as [number, number, number];
  return {
    along0,
    along1,
    along2,
    ...(windows === undefined ? {} : { starts: numbers(windows.starts), masks: tables.add(windows.masks) }),
  };
};

const tapNumber = ({ pull }: Tap, place: Place, layout: TapLayout | undefined, part: string): number => {
  const k = Number(/\d+$/.exec(part)?.[0]);
  if (part === "source") return place.address + (layout?.offsets?.constant ?? 0);
  if (part === "channelBytes") return place.channelBytes;
  if (part === "from" || part === "to") return layout?.span[part] ?? Number.NaN;
  if (part.startsWith("m")) return pull.linear[k] ?? Number.NaN;
  if (part.startsWith("t")) return pull.offset[k] ?? Number.NaN;
  if (part.startsWith("n")) return place.size[k] ?? Number.NaN;
  return place.strides["xyz".indexOf(part.slice(1))] ?? Number.NaN;
};

const regionNumber = (region: Region | undefined, box: readonly Span[] | undefined, part: string): number => {
  const k = Number(/\d+$/.exec(part)?.[0]);
  if (region === undefined) return Number.NaN;
  if (part.startsWith("from")) return box?.[k]?.from ?? Number.NaN;
  if (part.startsWith("to")) return box?.[k]?.to ?? Number.NaN;
  if (part === "low") return -0.5 - tieTolerance;
  if (part.startsWith("high")) return (region.size[k] ?? Number.NaN) - 0.5 - tieTolerance;
  return (part.startsWith("m") ? region.pull.linear[k] : region.pull.offset[k]) ?? Number.NaN;
};
