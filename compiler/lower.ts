/**
 * From the language to passes: every `sample` is a pass over its grid, every other operation part of what a pass
 * looks at.
 */
import { type Sample, sample, type Volume } from "./language/field.ts";
import { indexToWorld, sameGrid } from "./language/grid.ts";
import { unquantized } from "./language/quantize.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { axes, type Vector3 } from "./language/vector.ts";
import { isIdentityRescale, type Rescale, sameRescale, type Voxels, voxelsOf } from "./language/voxels.ts";
import { LookBuilder, type MadePass, toReal, type Volumes } from "./lower-field.ts";
import type { Aim, Buffer, Look, Pass, Program, TapBoundary } from "./plan.ts";
import { splineBoundary } from "./stencil.ts";

/** Lowers a volume to the passes that make it. */
export const lower = (volume: Volume): Program => {
  const builder = new PlanBuilder(false);
  const result = builder.volume(volume);
  const { buffers, passes, inputs, number, voxels } = builder.finish();
  return { plan: { buffers, inputs, passes, result: number(result) }, inputs: voxels };
};

/** Collects buffers and passes; equal volumes are made once. */
export class PlanBuilder implements Volumes {
  readonly #inputs: Voxels[] = [];
  readonly #inputBuffers: Buffer[] = [];
  // Buffers are numbered once all inputs are known: until then, non-inputs count from −1 downwards.
  readonly #made: Buffer[] = [];
  readonly #passes: Pass[] = [];
  readonly #volumes = new Map<Volume, number>();
  readonly #madeOnce = new Map<string, number>();
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

  made(key: string, size: Vector3, make: () => MadePass): number {
    const known = this.#madeOnce.get(key);
    if (known !== undefined) return known;
    const { pass, channels, storage = "working" } = make();
    const output = this.make({ size, channels, storage });
    this.#passes.push({ ...pass, output });
    this.#madeOnce.set(key, output);
    return output;
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
    const same = alreadySampled(volume) ?? keptAtOnce(volume);
    if (same !== undefined) return this.volume(same);
    const gather = new LookBuilder(this, volume.grid.size);
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
    if (s.kind === "const" && s.parameter === undefined) return scalar.constant((s.value - intercept) / slope);
    if (s.kind === "binary" && s.operator === "add" && s.a.kind === "binary" && toReal(s.a.a, rescale) === s)
      return s.a.a;
    return scalar.binary("div", scalar.binary("sub", s, scalar.constant(intercept)), scalar.constant(slope));
  };
  return go(body);
};

/** For a sample that merely keeps another one, which is in working precision, some way: that one, kept so at once. */
const keptAtOnce = ({ field, grid, storage }: Sample): Volume | undefined => {
  if (field.kind !== "interpolate" || field.volume.kind === "input" || field.volume.storage !== "working")
    return undefined;
  const { field: inner, grid: there, reason } = field.volume;
  return storage !== "working" && sameGrid(there, grid, 1e-9) ? sample(inner, there, storage, reason) : undefined;
};

/** The volume that a sample merely reads again where it was taken. */
const alreadySampled = (volume: Sample): Volume | undefined => {
  if (volume.field.kind !== "interpolate" || volume.field.coefficients) return undefined;
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
    case "displaced":
      return { ...pass, ...renumberAim(pass, number), source: number(pass.source), output: number(pass.output) };
    case "within":
      return { ...pass, ...renumberAim(pass, number), output: number(pass.output) };
    case "gather":
      return {
        ...pass,
        ...renumberTaps(pass, number),
        output: number(pass.output),
        body: renumberBackgrounds(pass.body, number),
      };
  }
};

const renumberAim = ({ aim }: { readonly aim: Aim }, number: (buffer: number) => number): { readonly aim: Aim } => {
  const [x, y, z] = aim.displacement;
  return { aim: { ...aim, displacement: [number(x), number(y), number(z)] } };
};

export const renumberTaps = ({ taps }: Look, number: (buffer: number) => number): Pick<Look, "taps"> => ({
  taps: taps.map((tap) => ({ ...tap, source: number(tap.source) })),
});
export const renumberBackgrounds = (body: Scalar, number: (buffer: number) => number): Scalar =>
  scalar.replaceLeaves(body, (leaf) =>
    leaf.kind === "background" ? scalar.background(number(leaf.buffer)) : undefined,
  );
