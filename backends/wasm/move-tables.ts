/**
 * How the voxels of an output lie in a source when axes stay axes: for each index along each output axis
 * how many bytes into the source it leads. The rules of `compiler/stencil.ts` make the tables, in float64,
 * so ties and boundaries fall as in the reference, and kernels only add.
 */
import { axisPattern } from "../../compiler/classify.ts";
import { type Axis, axes, type Vector3 } from "../../compiler/language/vector.ts";
import type { Region, Tap } from "../../compiler/plan.ts";
import { withinExtent } from "../../compiler/region.ts";
import { fillStencil, makeStencil } from "../../compiler/stencil.ts";
import { vectorBytes, type Width } from "./kernels/move-steps.ts";
import type { Place } from "./places.ts";

/** Half-open. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Offsets {
  /** Bytes to the voxel at index 0 of a source axis that no output axis drives. */
  readonly constant: number;
  /** For each output axis the bytes that each index adds. */
  readonly along: readonly [Float64Array, Float64Array, Float64Array];
}

/** The tables of a nearest tap, or undefined where axes mix. */
export const offsetsOf = (
  { pull, boundary }: Tap,
  { size: source, strides }: Pick<Place, "size" | "strides">,
  size: Vector3,
): Offsets | undefined => {
  const pattern = axisPattern(pull.linear);
  if (pattern === undefined) return undefined;
  const stencil = makeStencil("nearest");
  const bytesAt = (axis: Axis, coordinate: number): number => {
    fillStencil(stencil, "nearest", boundary, coordinate, source[axis]);
    return (stencil.index[0] as number) * strides[axis];
  };
  const along = axes.map((k) => new Float64Array(size[k])) as [Float64Array, Float64Array, Float64Array];
  let constant = 0;
  for (const axis of axes) {
    const driver = pattern[axis];
    if (driver === null) constant += bytesAt(axis, pull.offset[axis]);
    else
      along[driver].forEach((_, i, table) => {
        table[i] = bytesAt(axis, coordinateAt(pull, axis, driver, i));
      });
  }
  return { constant, along };
};

/** The sum that `rowOf` takes, without the products that are 0: x comes last there. */
const coordinateAt = ({ linear, offset }: Tap["pull"], axis: Axis, driver: Axis, i: number): number =>
  offset[axis] + (linear[axis * 3 + driver] as number) * i;

/** The part of the output in a region, if that is a box along its axes. */
export const boxOf = ({ pull, size: limits }: Region, size: Vector3): readonly Span[] | undefined => {
  const pattern = axisPattern(pull.linear);
  if (pattern === undefined) return undefined;
  const spans: Span[] = size.map((n) => ({ from: 0, to: n }));
  for (const axis of axes) {
    const driver = pattern[axis];
    const n = size[driver ?? 0];
    const held = (i: number): boolean =>
      withinExtent(driver === null ? pull.offset[axis] : coordinateAt(pull, axis, driver, i), limits[axis]);
    let from = 0;
    while (from < n && !held(from)) from++;
    let to = n;
    while (to > from && !held(to - 1)) to--;
    // Nothing of an undriven axis held means nothing held at all, whichever axis says so.
    if (driver !== null || from === to) spans[driver ?? 0] = { from, to };
  }
  return spans;
};

/** The longest part of a table along which entries rise by `step`. */
export const straight = (table: Float64Array, step: number): Span =>
  longest(table.length, (i) => i === 0 || (table[i] as number) - (table[i - 1] as number) === step);

/** The longest run of indices of which all but the first follow on from the one before. */
const longest = (count: number, follows: (i: number) => boolean): Span => {
  let best: Span = { from: 0, to: 0 };
  let from = 0;
  for (let i = 0; i < count; i++) {
    if (!follows(i)) from = i;
    if (i + 1 - from > best.to - best.from) best = { from, to: i + 1 };
  }
  return best;
};

/** For each x where 16 bytes start that hold the next elements of a row, and the mask that picks them out. */
export interface Windows {
  /** The part of the row that windows cover. */
  readonly span: Span;
  readonly starts: Float64Array;
  readonly masks: Uint8Array;
}

export const windowsOf = (table: Float64Array, width: Width): Windows => {
  const lanes = vectorBytes / width;
  const count = table.length;
  const starts = new Float64Array(count);
  const masks = new Uint8Array(count * vectorBytes);
  const fits = Array.from({ length: Math.max(0, count - lanes + 1) }, (_, x) => {
    const elements = table.subarray(x, x + lanes);
    const start = Math.min(...elements);
    if (Math.max(...elements) - start > vectorBytes - width) return false;
    starts[x] = start;
    elements.forEach((at, lane) => {
      for (let byte = 0; byte < width; byte++) masks[x * vectorBytes + lane * width + byte] = at - start + byte;
    });
    return true;
  });
  let from = 0;
  let span: Span = { from: 0, to: 0 };
  for (const [x, fit] of fits.entries()) {
    if (!fit) from = x + 1;
    else if (x + lanes - from > span.to - span.from) span = { from, to: x + lanes };
  }
  return { span, starts, masks };
};
