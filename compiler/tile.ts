/**
 * What part of its sources a part of an output needs. Backends cut a result into tiles where a volume is larger
 * than they can address or may hold at once; since a tap's coordinates stay those of the whole volume and only
 * what is in memory is less, tiles give the same bits as one piece.
 */
import type { Interpolator } from "./language/interpolator.ts";
import { nodesOf } from "./language/scalar.ts";
import { type Axis, at, axes, product, type Vector3, vector } from "./language/vector.ts";
import type { Plan, Tap, TapBoundary, TapClass } from "./plan.ts";

/** Voxels start … start + size − 1 along each axis. */
export interface Box {
  readonly start: Vector3;
  readonly size: Vector3;
}

export const wholeBox = (size: Vector3): Box => ({ start: [0, 0, 0], size });

/** The first and last sample that are read for coordinates from `low` to `high`. */
const readFor: Readonly<Record<Interpolator, (low: number, high: number) => Span>> = {
  nearest: (low, high) => ({ first: Math.floor(low + 0.5), last: Math.floor(high + 0.5) }),
  linear: (low, high) => ({ first: Math.floor(low), last: Math.floor(high) + 1 }),
  bspline: (low, high) => ({ first: Math.floor(low) - 1, last: Math.floor(high) + 2 }),
};
/** Backends compute coordinates to better than this; those along axes are the reference's own, but for ties. */
const slack: Readonly<Record<TapClass, number>> = { copy: 1e-8, "axis-aligned": 1e-8, general: 1e-4 };

/** The samples of a source of `size` that a tap may read for the output voxels in a box. */
export const readBox = (tap: Tap, output: Box, size: Vector3): Box => {
  const spans = axes.map((axis) => span(tap, axis, output, size[axis]));
  return {
    start: vector((axis) => (spans[axis] as Span).first),
    size: vector((axis) => (spans[axis] as Span).last - (spans[axis] as Span).first + 1),
  };
};

interface Span {
  readonly first: number;
  readonly last: number;
}

const span = ({ pull, by, boundary, class: freedom }: Tap, axis: Axis, output: Box, n: number): Span => {
  let [low, high] = [pull.offset[axis], pull.offset[axis]];
  for (const k of axes) {
    const step = at(pull.linear, axis, k);
    const ends = [step * output.start[k], step * (output.start[k] + output.size[k] - 1)];
    low += Math.min(...ends);
    high += Math.max(...ends);
  }
  const { first, last } = readFor[by](low - slack[freedom], high + slack[freedom]);
  return first >= 0 && last < n ? { first, last } : brought[boundary](first, last, n);
};

/** The samples to which a boundary brings those from `first` to `last`, some of which lie beyond n. */
const brought: Readonly<Record<TapBoundary, (first: number, last: number, n: number) => Span>> = {
  // A B-spline held at the edge still has its neighbours there.
  clamp: (first, last, n) => ({
    first: Math.max(0, Math.min(first, n - 4)),
    last: Math.min(n - 1, Math.max(last, 3)),
  }),
  reflect: (first, last, n) => folded(first, last, n),
  mirror: (first, last, n) => folded(first, last, n),
  wrap: (_, __, n) => ({ first: 0, last: n - 1 }),
};

/** What lies beyond one end is found as far within it; beyond both, anywhere. */
const folded = (first: number, last: number, n: number): Span => {
  if (first < 0 && last < n && -first < n) return { first: 0, last: Math.max(last, -first) };
  if (first >= 0 && last < 2 * n - 1) return { first: Math.min(first, 2 * (n - 1) - last), last: n - 1 };
  return { first: 0, last: n - 1 };
};

/** The smallest box around two. */
export const around = (a: Box, b: Box): Box => {
  const start = vector((axis) => Math.min(a.start[axis], b.start[axis]));
  const end = vector((axis) => Math.max(a.start[axis] + a.size[axis], b.start[axis] + b.size[axis]));
  return { start, size: vector((axis) => end[axis] - start[axis]) };
};

/** Rows of an output, along x, numbered y + ny · z; `to` is not among them. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** The smallest box around some rows of a volume. */
export const boxOfRows = ({ from, to }: Rows, [nx, ny]: Vector3): Box => {
  const [z, lastZ] = [Math.floor(from / ny), Math.floor((to - 1) / ny)];
  const y = z === lastZ ? from % ny : 0;
  const height = z === lastZ ? to - from : ny;
  return { start: [0, y, z], size: [nx, height, lastZ - z + 1] };
};

/** The rows of a volume of `size` that touch a box, without gaps. */
export const rowsOfBox = ({ start, size: extent }: Box, [, ny]: Vector3): Rows => ({
  from: start[2] * ny + start[1],
  to: (start[2] + extent[2] - 1) * ny + start[1] + extent[1],
});

/**
 * Cuts an output of `size` into as few runs of rows as halving finds, all of which `fits` accepts: whole planes
 * if that will do, else parts of planes. Undefined where not even one row fits.
 */
export const tilesOf = ([, ny, nz]: Vector3, fits: (rows: Rows) => boolean): readonly Rows[] | undefined => {
  const cut = (rows: Rows): readonly Rows[] | undefined => {
    if (fits(rows)) return [rows];
    const { from, to } = rows;
    if (to - from === 1) return undefined;
    const step = to - from > ny ? ny : 1;
    const middle = from + Math.ceil((to - from) / step / 2) * step;
    const before = cut({ from, to: middle });
    const after = before && cut({ from: middle, to });
    return after && [...before, ...after];
  };
  return cut({ from: 0, to: ny * nz });
};

/**
 * The part of each buffer of a plan that some rows of its result need, the result included; of what passes
 * compute these are rows without gaps. Prefilters reach
 * along whole lines on all axes, and a background is read at the corners: both need all of their buffer.
 */
export const demandOf = (plan: Plan, rows: Rows): ReadonlyMap<number, Box> => {
  const boxes = new Map<number, Box>();
  const sizeOf = (buffer: number): Vector3 => plan.buffers[buffer]?.size ?? [0, 0, 0];
  const demand = (buffer: number, box: Box): void => {
    const known = boxes.get(buffer);
    boxes.set(buffer, known === undefined ? box : around(known, box));
  };
  demand(plan.result, boxOfRows(rows, sizeOf(plan.result)));
  for (const pass of plan.passes.toReversed()) {
    const wanted = boxes.get(pass.output);
    if (wanted === undefined) continue;
    // Passes compute rows without gaps, so those in between need their samples, too.
    const output = boxOfRows(rowsOfBox(wanted, sizeOf(pass.output)), sizeOf(pass.output));
    boxes.set(pass.output, output);
    switch (pass.kind) {
      case "gather":
        for (const tap of pass.taps) demand(tap.source, readBox(tap, output, sizeOf(tap.source)));
        for (const s of nodesOf(pass.body))
          if (s.kind === "background" && s.buffer >= plan.inputs) demand(s.buffer, wholeBox(sizeOf(s.buffer)));
        break;
      case "displaced":
        // Nothing is known of how far a displacement goes.
        demand(pass.source, wholeBox(sizeOf(pass.source)));
        for (const component of pass.aim.displacement) demand(component, output);
        break;
      case "within":
        for (const component of pass.aim.displacement) demand(component, output);
        break;
      case "prefilter":
        boxes.set(pass.output, wholeBox(sizeOf(pass.output)));
        demand(pass.source, wholeBox(sizeOf(pass.source)));
        break;
    }
  }
  return boxes;
};

/** Voxels in a box. */
export const volumeOf = ({ size }: Box): number => product(size);
