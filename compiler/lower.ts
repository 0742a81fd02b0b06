/**
 * From the language to passes. A field is looked at through the composition of everything that stands
 * between the output grid and its samples, so a chain of any length becomes one gather; only `sample`
 * starts another pass.
 */

import { classify, snapPull } from "./classify.ts";
import { fail } from "./errors.ts";
import { type Affine, affineOf, compose, spellAffine } from "./language/affine.ts";
import type { Field, Interpolate, Sample, Volume } from "./language/field.ts";
import { type Grid, indexToWorld, sameGrid, worldToIndex } from "./language/grid.ts";
import { spell } from "./language/intern.ts";
import type { Fill, Sampling } from "./language/interpolator.ts";
import { unquantized } from "./language/quantize.ts";
import type { JointHistogram, Reduction } from "./language/reduction.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { axes, type Vector3 } from "./language/vector.ts";
import {
  isIdentityRescale,
  noRescale,
  type Rescale,
  sameRescale,
  storedAs,
  type Voxels,
  voxelsOf,
} from "./language/voxels.ts";
import type { Buffer, GradientPlan, Histogram, Look, Pass, Program, Reduce, Region, Tap, TapBoundary } from "./plan.ts";
import { splineBoundary } from "./stencil.ts";

type Pull = Affine<"index", "index">;
type View = Affine<"index", "world">;

/** Exact operations read voxels where they are; any sampling gives the same, this one costs least. */
const exactReading: Sampling = { by: "nearest", outside: { kind: "background" } };

/** Lowers a volume to the passes that make it. */
export const lower = (volume: Volume): Program => {
  const builder = new Builder(false);
  const result = builder.volume(volume);
  const { buffers, passes, inputs, number, voxels } = builder.finish();
  return { plan: { buffers, inputs, passes, result: number(result) }, inputs: voxels };
};

/** Where a reduction's sum is: an element of the output of a pass. */
export interface TotalPlace {
  readonly buffer: number;
  readonly element: number;
}

/** Where a histogram is, and the input, which nothing reads yet, for the derivatives by its elements. */
export interface HistogramPlace {
  readonly buffer: number;
  readonly table: number;
}

/**
 * Lowers sums and histograms to the passes that make them, one {@link Reduce} for the sums over each grid. The
 * pulls know how they change with parameters, and none of those that do is taken for a copy, which would have no
 * slope.
 */
export const lowerReductions = (
  reductions: readonly Reduction[],
  histograms: readonly JointHistogram[] = [],
): {
  readonly plan: GradientPlan;
  readonly inputs: readonly Voxels[];
  readonly places: readonly TotalPlace[];
  readonly histograms: readonly HistogramPlace[];
} => {
  const builder = new Builder(true);
  const grids: Grid[] = [];
  const groupOf = ({ grid }: Reduction): number => {
    const known = grids.findIndex((g) => g === grid || (g.tangents === grid.tangents && sameGrid(g, grid, 0)));
    return known >= 0 ? known : grids.push(grid) - 1;
  };
  const groups = reductions.map(groupOf);
  const reduces = grids.map((grid, k) =>
    builder.reduce(
      grid,
      reductions.filter((_, r) => groups[r] === k),
    ),
  );
  const counted = histograms.map((histogram) => builder.histogram(histogram));
  const tables = histograms.map(({ bins }) => builder.table(bins));
  const { buffers, passes, inputs, number, voxels } = builder.finish();
  const counts = counted.map(
    (pass): Histogram => ({
      ...pass,
      ...renumberTaps(pass, number),
      output: number(pass.output),
      row: renumberBackgrounds(pass.row, number),
      column: renumberBackgrounds(pass.column, number),
      weight: renumberBackgrounds(pass.weight, number),
    }),
  );
  const sums = reduces.map(
    (pass): Reduce => ({
      ...pass,
      ...renumberTaps(pass, number),
      output: number(pass.output),
      totals: pass.totals.map((total) => ({ ...total, body: renumberBackgrounds(total.body, number) })),
    }),
  );
  return {
    plan: {
      buffers,
      inputs,
      passes: [...passes, ...sums, ...counts],
      results: [...sums, ...counts].map(({ output }) => output),
    },
    inputs: voxels,
    places: groups.map((group, r) => ({
      buffer: sums[group]?.output ?? 0,
      element: groups.slice(0, r).filter((g) => g === group).length,
    })),
    histograms: counts.map(({ output }, k) => ({ buffer: output, table: tables[k] ?? 0 })),
  };
};

/** Collects buffers and passes; equal volumes are made once. */
class Builder {
  readonly #inputs: Voxels[] = [];
  readonly #inputBuffers: Buffer[] = [];
  // Buffers are numbered once all inputs are known: until then, non-inputs count from −1 downwards.
  readonly #made: Buffer[] = [];
  readonly #passes: Pass[] = [];
  readonly #volumes = new Map<Volume, number>();
  readonly #coefficients = new Map<string, number>();
  /** Whether pulls keep how they change with parameters. */
  readonly keepsTangents: boolean;

  constructor(keepsTangents: boolean) {
    this.keepsTangents = keepsTangents;
  }

  volume(volume: Volume): number {
    const known = this.#volumes.get(volume);
    if (known !== undefined) return known;
    const buffer = volume.kind === "input" ? this.#input(volume.voxels, volume.grid.size) : this.#sample(volume);
    this.#volumes.set(volume, buffer);
    return buffer;
  }

  buffer(number: number): Buffer {
    return (number >= 0 ? this.#inputBuffers[number] : this.#made[-1 - number]) as Buffer;
  }

  /** B-spline coefficients of a buffer: one recursive filter per axis, shared by all taps that need them. */
  coefficients(source: number, boundary: TapBoundary): number {
    const kind = splineBoundary[boundary];
    const key = `${source} ${kind}`;
    const known = this.#coefficients.get(key);
    if (known !== undefined) return known;
    const { size, channels } = this.buffer(source);
    let last = source;
    for (const axis of axes) {
      // Along an axis of one voxel every extension is constant, and so are the coefficients.
      if (size[axis] === 1) continue;
      const output = this.make({ size, channels, storage: "working" });
      this.#passes.push({ kind: "prefilter", source: last, output, axis, boundary: kind });
      last = output;
    }
    this.#coefficients.set(key, last);
    return last;
  }

  make(buffer: Buffer): number {
    this.#made.push(buffer);
    return -this.#made.length;
  }

  /** The sums over one grid. */
  reduce(grid: Grid, reductions: readonly Reduction[]): Reduce {
    const look = new GatherBuilder(this, grid.size);
    const totals = reductions.map(({ body, fields }) => ({
      body: look.map(body, fields, indexToWorld(grid)),
      moments: false,
    }));
    return {
      kind: "reduce",
      output: this.make({ size: [totals.length, 1, 1], channels: 1, storage: storedAs("float64") }),
      size: grid.size,
      channels: look.channels,
      taps: look.taps,
      regions: look.regions,
      totals,
      reason: "the loss",
    };
  }

  histogram({ row, column, weight, bins, fields, grid }: JointHistogram): Histogram {
    const look = new GatherBuilder(this, grid.size);
    const seen = (body: Scalar): Scalar => look.map(body, fields, indexToWorld(grid));
    const bodies = { row: seen(row), column: seen(column), weight: seen(weight) };
    return {
      kind: "histogram",
      output: this.make({ size: [bins, bins, 1], channels: 1, storage: storedAs("float64") }),
      size: grid.size,
      channels: look.channels,
      taps: look.taps,
      regions: look.regions,
      bins,
      ...bodies,
      reason: "the joint histogram of the loss",
    };
  }

  /** An input for a number per bin of a histogram. */
  table(bins: number): number {
    return this.#input(voxelsOf(new Float64Array(bins * bins)), [bins, bins, 1]);
  }

  /** Everything so far, and the number that a buffer has in it. */
  finish(): {
    readonly buffers: readonly Buffer[];
    readonly inputs: number;
    readonly passes: readonly Pass[];
    readonly voxels: readonly Voxels[];
    readonly number: (buffer: number) => number;
  } {
    const inputs = this.#inputs.length;
    const number = (buffer: number): number => (buffer >= 0 ? buffer : inputs - 1 - buffer);
    return {
      buffers: [...this.#inputBuffers, ...this.#made],
      inputs,
      passes: this.#passes.map((pass) => renumber(pass, number)),
      voxels: this.#inputs,
      number,
    };
  }

  #input(voxels: Voxels, size: Vector3): number {
    const known = this.#inputs.indexOf(voxels);
    if (known >= 0) return known;
    this.#inputs.push(voxels);
    this.#inputBuffers.push({
      size,
      channels: voxels.channels,
      storage: { dtype: voxels.dtype, rescale: voxels.rescale },
    });
    return this.#inputs.length - 1;
  }

  #sample(volume: Sample): number {
    const same = alreadySampled(volume);
    if (same !== undefined) return this.volume(same);
    const gather = new GatherBuilder(this, volume.grid.size);
    const real = gather.field(volume.field, indexToWorld(volume.grid));
    const { storage } = volume;
    // The store rounds and saturates by itself.
    const body = storage === "working" ? real : unquantized(storage.dtype, toStored(real, storage.rescale));
    const output = this.make({ size: volume.grid.size, channels: gather.channels, storage });
    this.#passes.push({
      kind: "gather",
      output,
      taps: gather.taps,
      regions: gather.regions,
      body,
      reason: volume.reason,
    });
    return output;
  }
}

/** One gather in the making: equal taps and equal regions are shared. */
class GatherBuilder {
  readonly taps: Tap[] = [];
  readonly regions: Region[] = [];
  channels = 1;
  readonly #keys = new Map<string, number>();
  readonly #builder: Builder;
  readonly #size: Vector3;

  constructor(builder: Builder, size: Vector3) {
    this.#builder = builder;
    this.#size = size;
  }

  /** The field's value, in real units, at view(output index). */
  field(field: Field, view: View): Scalar {
    switch (field.kind) {
      case "warp":
        return this.field(field.field, compose(field.pull, view));
      case "map":
        return this.map(field.body, field.fields, view);
      case "clip": {
        const within = this.#region(compose(worldToIndex(field.to), view), field.to.size);
        return scalar.select(within, this.field(field.field, view), this.#fill(field.fill, field.field));
      }
      case "interpolate":
        return this.#interpolate(field, view);
    }
  }

  /** The body of the fields' values. */
  map(body: Scalar, fields: readonly Field[], view: View): Scalar {
    const values = fields.map((f) => this.field(f, view));
    return scalar.replaceLeaves(body, (leaf) => (leaf.kind === "tap" ? values[leaf.index] : undefined));
  }

  #interpolate(field: Interpolate, view: View): Scalar {
    const { by, outside } = field.sampling ?? exactReading;
    const source = this.#builder.volume(field.volume);
    const { grid } = field.volume;
    const { channels } = this.#builder.buffer(source);
    const rescale = rescaleOf(this.#builder.buffer(source));
    this.channels = Math.max(this.channels, channels);
    const pull = snapPull(compose(worldToIndex(grid), view), this.#size);
    switch (outside.kind) {
      case "clamp":
      case "reflect":
      case "wrap":
        return toReal(this.#tap(source, pull, by, outside.kind), rescale);
      case "constant":
      case "background": {
        const value = toReal(this.#tap(source, pull, by, by === "bspline" ? "mirror" : "clamp"), rescale);
        const beyond = this.#fill(outside.kind === "constant" ? outside.value : "background", field);
        return scalar.select(this.#region(pull, grid.size), value, beyond);
      }
    }
  }

  #fill(fill: Fill, field: Field): Scalar {
    return fill === "background" ? this.#background(field) : scalar.constant(fill);
  }

  /** The background of a field is what its operations make of the background of its samples. */
  #background(field: Field): Scalar {
    switch (field.kind) {
      case "warp":
      case "clip":
        return this.#background(field.field);
      case "map": {
        const values = field.fields.map((f) => this.#background(f));
        return scalar.replaceLeaves(field.body, (leaf) => (leaf.kind === "tap" ? values[leaf.index] : undefined));
      }
      case "interpolate": {
        const buffer = this.#builder.volume(field.volume);
        return toReal(scalar.background(buffer), rescaleOf(this.#builder.buffer(buffer)));
      }
    }
  }

  #tap(volume: number, exactPull: Pull, by: Sampling["by"], boundary: TapBoundary): Scalar {
    const pull = this.#builder.keepsTangents
      ? exactPull
      : affineOf<"index", "index">(exactPull.linear, exactPull.offset);
    checkFinite(pull);
    // What a parameter moves has a slope even where it happens to meet whole indices.
    const kind = pull.tangents === undefined ? classify(pull) : "general";
    // At whole indices every interpolator gives the sample itself.
    const exact = kind === "copy";
    const source = by === "bspline" && !exact ? this.#builder.coefficients(volume, boundary) : volume;
    const tap: Tap = { source, pull, by: exact ? "nearest" : by, boundary, class: kind };
    const key = `tap ${source} ${tap.by} ${boundary} ${spellAffine(pull)}`;
    return scalar.tap(this.#once(key, () => this.taps.push(tap)));
  }

  #region(pull: Pull, size: Vector3): Scalar {
    checkFinite(pull);
    const snapped = snapPull(pull, this.#size);
    const key = `region ${spell([...snapped.linear, ...snapped.offset, ...size])}`;
    return scalar.inside(this.#once(key, () => this.regions.push({ pull: snapped, size })));
  }

  #once(key: string, push: () => number): number {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const index = push() - 1;
    this.#keys.set(key, index);
    return index;
  }
}

/** Each operation was sound by itself; together they may still leave what float64 holds. */
const checkFinite = ({ linear, offset }: Pull): void => {
  if (![...linear, ...offset].every(Number.isFinite))
    fail({
      kind: "InvalidDocument",
      errors: ["the operations together scale or move by more than float64 can hold; use numbers of a sensible size"],
    });
};

const rescaleOf = (buffer: Buffer): Rescale => (buffer.storage === "working" ? noRescale : buffer.storage.rescale);

const toReal = (stored: Scalar, { slope, intercept }: Rescale): Scalar =>
  isIdentityRescale({ slope, intercept })
    ? stored
    : scalar.binary("add", scalar.binary("mul", stored, scalar.constant(slope)), scalar.constant(intercept));

/**
 * The inverse of the rescale, pushed to the leaves: where the body only moves values, what was scaled
 * coming in goes out as it was, to the last bit.
 */
const toStored = (body: Scalar, rescale: Rescale): Scalar => {
  if (isIdentityRescale(rescale)) return body;
  const { slope, intercept } = rescale;
  const known = new Map<Scalar, Scalar>();
  const go = (s: Scalar): Scalar => {
    const result = known.get(s) ?? step(s);
    known.set(s, result);
    return result;
  };
  const step = (s: Scalar): Scalar => {
    if (s.kind === "select") return scalar.select(s.condition, go(s.then), go(s.otherwise));
    if (s.kind === "const") return scalar.constant((s.value - intercept) / slope);
    if (s.kind === "binary" && s.operator === "add" && s.a.kind === "binary" && toReal(s.a.a, rescale) === s)
      return s.a.a;
    return scalar.binary("div", scalar.binary("sub", s, scalar.constant(intercept)), scalar.constant(slope));
  };
  return go(body);
};

/** The volume that a sample merely reads again where it was taken. */
const alreadySampled = (volume: Sample): Volume | undefined => {
  if (volume.field.kind !== "interpolate") return undefined;
  const inner = volume.field.volume;
  const storage = inner.kind === "input" ? inner.voxels : inner.storage;
  return isKept(storage, volume.storage) && sameGrid(inner.grid, volume.grid, 1e-9) ? inner : undefined;
};

/** Whether what is kept as `before` is the same kept as `after`. */
const isKept = (before: Sample["storage"], after: Sample["storage"]): boolean => {
  if (before === "working" || after === "working") return before === after;
  return before.dtype === after.dtype && sameRescale(before.rescale, after.rescale);
};

const renumber = (pass: Pass, number: (buffer: number) => number): Pass => {
  switch (pass.kind) {
    case "prefilter":
      return { ...pass, source: number(pass.source), output: number(pass.output) };
    case "gather":
      return {
        ...pass,
        ...renumberTaps(pass, number),
        output: number(pass.output),
        body: renumberBackgrounds(pass.body, number),
      };
  }
};

const renumberTaps = ({ taps }: Look, number: (buffer: number) => number): Pick<Look, "taps"> => ({
  taps: taps.map((tap) => ({ ...tap, source: number(tap.source) })),
});
const renumberBackgrounds = (body: Scalar, number: (buffer: number) => number): Scalar =>
  scalar.replaceLeaves(body, (leaf) =>
    leaf.kind === "background" ? scalar.background(number(leaf.buffer)) : undefined,
  );
