/**
 * Reverse-mode differentiation as a transform of plans. Passes are walked from the last to the first; each hands
 * the cotangent of its output on to what it read: a gather to the samples of its taps, by the transposed tap; a
 * prefilter through its own transpose; and all of them to parameters, as sums over their domain. Cotangents
 * are of *stored* numbers, as bodies are. The background of a volume counts as a constant.
 */
import { givenToComponent, givenToSource, slopesOf } from "./adjoint-displaced.ts";
import { activeBuffers, flows, parametersIn } from "./depend.ts";
import { derive, isNumber, plus, times } from "./derive.ts";
import type { Tangent, Tangents } from "./language/affine.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { type Axis, at, axes } from "./language/vector.ts";
import type { Storage } from "./language/voxels.ts";
import {
  type Buffer,
  bodiesOf,
  copyOf,
  type Displaced,
  type DisplacedScatter,
  domainOf,
  type Gather,
  type GradientPass,
  type GradientPlan,
  type Histogram,
  type Look,
  type Prefilter,
  type Reduce,
  type Scatter,
  type Total,
} from "./plan.ts";
import { simplifyGradient } from "./simplify-gradient.ts";
import { transposeCopy } from "./transpose-copy.ts";
import { transposePrefilters } from "./transpose-prefilter.ts";
import { transposeWindow } from "./transpose-window.ts";
import { verifyGradient } from "./verify-gradient.ts";

/** What gradients are asked for. */
export interface Wanted {
  /** Input buffers whose voxels are differentiated by, in real units. */
  readonly inputs: readonly number[];
  readonly parameters: readonly string[];
  /** How gradients of voxels are kept. */
  readonly storage: Storage;
  /** Whether the sums of the forward plan are wanted too. */
  readonly values: boolean;
}

/** A parameter's gradient is the sum of `factor` times the elements that bear its name. */
export interface Share {
  readonly parameter: string;
  readonly buffer: number;
  readonly element: number;
  readonly factor: number;
}

export interface Adjoint {
  readonly plan: GradientPlan;
  /** For each wanted input the buffer of its gradient. */
  readonly gradients: readonly number[];
  readonly shares: readonly Share[];
}

/**
 * `seeds` are, for the output of each {@link Reduce} of `forward`, the derivatives by its elements; `tables`, for that
 * of each {@link Histogram}, the input that holds those.
 */
export const adjoint = (
  forward: GradientPlan,
  seeds: ReadonlyMap<number, readonly number[]>,
  wanted: Wanted,
  tables: ReadonlyMap<number, number> = new Map(),
): Adjoint => {
  const builder = new Builder(forward, seeds, wanted, tables);
  for (const pass of forward.passes.toReversed()) builder.back(pass);
  const gradients = wanted.inputs.map((input) => builder.gradientOf(input));
  const { passes, shares, buffers } = builder;
  const sums = passes.filter((pass) => pass.kind === "reduce" && pass.totals.length > 0).map(({ output }) => output);
  const plan: GradientPlan = {
    buffers,
    inputs: forward.inputs,
    passes,
    results: [...new Set([...gradients, ...sums])],
  };
  return {
    plan: verifyGradient(simplifyGradient(verifyGradient(plan, "adjoint")), "simplify"),
    gradients,
    shares,
  };
};

/** A pass with its output still to be decided. */
type Giver = BodyGiver | Omit<DisplacedScatter, "output">;
type BodyGiver = Omit<Gather, "output"> | Omit<Scatter, "output">;

class Builder {
  readonly buffers: Buffer[];
  /** Forward passes that make volumes first; reduces are put in again with what else is summed over their domain. */
  readonly passes: GradientPass[];
  readonly shares: Share[] = [];
  readonly #forward: GradientPlan;
  readonly #seeds: ReadonlyMap<number, readonly number[]>;
  readonly #wanted: Wanted;
  readonly #tables: ReadonlyMap<number, number>;
  /** Buffers through which something wanted acts. */
  readonly #active: ReadonlySet<number>;
  /** What each buffer has been given, by passes that are not written yet. */
  readonly #given = new Map<number, Giver[]>();
  /** Prefilters that have been handed on as part of a chain. */
  readonly #handled = new Set<Prefilter>();

  constructor(
    forward: GradientPlan,
    seeds: ReadonlyMap<number, readonly number[]>,
    wanted: Wanted,
    tables: ReadonlyMap<number, number>,
  ) {
    this.#forward = forward;
    this.#seeds = seeds;
    this.#wanted = wanted;
    this.#tables = tables;
    this.buffers = [...forward.buffers];
    this.passes = forward.passes.filter(({ kind }) => kind !== "reduce" && kind !== "histogram");
    this.#active = activeBuffers(forward, wanted.inputs, wanted.parameters);
  }

  /** Hands on what the output of a forward pass has been given. */
  back(pass: GradientPass): void {
    switch (pass.kind) {
      case "reduce":
        this.#backReduce(pass);
        return;
      case "histogram":
        this.#backHistogram(pass);
        return;
      case "gather":
        this.#backGather(pass);
        return;
      case "prefilter":
        this.#backPrefilter(pass);
        return;
      case "displaced":
        this.#backDisplaced(pass);
        return;
      case "within":
        return;
      case "scatter":
      case "displaced-scatter":
        throw new RangeError("gradients of gradients are not made");
    }
  }

  /** The buffer of an input's gradient by real values. */
  gradientOf(input: number): number {
    const { size, channels, storage } = this.#buffer(input);
    const slope = storage === "working" ? 1 : storage.rescale.slope;
    return this.#total(input, { size, channels, storage: this.#wanted.storage }, 1 / slope);
  }

  #buffer(number: number): Buffer {
    return this.buffers[number] as Buffer;
  }

  #make(buffer: Buffer): number {
    return this.buffers.push(buffer) - 1;
  }

  /** The loss is a sum of bodies over the domain, each times the derivative by it. */
  #backReduce(pass: Reduce): void {
    const seeds = this.#seeds.get(pass.output) ?? [];
    const body = bodiesOf(pass).reduce<Scalar>(
      (sum, total, k) => plus(sum, times(total, scalar.constant(seeds[k] ?? 0))),
      scalar.constant(0),
    );
    const totals = this.#give(pass, body, scalar.constant(1), pass.taps.length);
    const kept = this.#wanted.values ? pass.totals : [];
    this.#share(pass, pass, kept, totals, pass.output);
  }

  /** To first order the loss is a sum: what each voxel counts for, by the table. */
  #backHistogram(pass: Histogram): void {
    const table = this.#tables.get(pass.output);
    if (table === undefined) return;
    const body = times(pass.weight, scalar.lookup(table, pass.row, pass.column, "spline"));
    this.#share(pass, pass, [], this.#give(pass, body, scalar.constant(1), pass.taps.length));
  }

  #backGather(pass: Gather): void {
    const output = this.#buffer(pass.output);
    if (!this.#given.has(pass.output) || !flows(pass, output, this.#forward)) return;
    const cotangent = this.#cotangent(pass.output);
    const window = transposeWindow(pass, this.buffers, cotangent);
    if (window !== undefined) {
      this.#giveTo(window.to, window.giver);
      return;
    }
    const taps = [...pass.taps, copyOf(cotangent)];
    const totals = this.#give({ ...pass, taps }, pass.body, scalar.tap(pass.taps.length), pass.taps.length);
    const domain = domainOf(pass, this.buffers);
    this.#share({ ...domain, taps, regions: pass.regions }, pass, [], totals);
  }

  /**
   * Gives each tap's source its part of `cotangent` times ∂body/∂tap, and returns what to sum for parameters:
   * the totals with, for each element, what it counts for.
   */
  #give(pass: GradientPass & Look, body: Scalar, cotangent: Scalar, taps: number): readonly Shared[] {
    const domain = domainOf(pass, this.buffers);
    const shared: Shared[] = [];
    for (const [k, tap] of pass.taps.slice(0, taps).entries()) {
      const weight = times(cotangent, derive(body, scalar.tap(k)));
      if (isNumber(weight, 0)) continue;
      const { source, ...through } = tap;
      const { taps: looked, regions } = pass;
      if (this.#active.has(source)) {
        const { size, channels } = domain;
        const reason = "the transpose of a tap";
        this.#giveTo(source, { kind: "scatter", size, channels, taps: looked, regions, body: weight, through, reason });
      }
      if (through.by !== "nearest")
        shared.push(...this.#ofPull(through.pull.tangents, (row) => times(weight, scalar.slope(k, row))));
    }
    for (const name of this.#wanted.parameters)
      for (const leaf of parametersIn([body], name)) {
        const weight = times(cotangent, derive(body, leaf));
        if (!isNumber(weight, 0))
          shared.push({ total: { body: weight, moments: false }, counts: [[{ name, factor: 1 }]] });
      }
    return shared;
  }

  /** The tangents by parameters that gradients are asked for. */
  #wantedOf(tangents: Tangents | undefined): readonly (readonly [string, Tangent])[] {
    return [...(tangents ?? [])].filter(([name]) => this.#wanted.parameters.includes(name));
  }

  /** Σ ∂loss/∂p for the twelve numbers p of a pull, by what parameters do to those; `along` is ∂loss/∂coordinate. */
  #ofPull(tangents: Tangents | undefined, along: (row: Axis) => Scalar): readonly Shared[] {
    const wanted = this.#wantedOf(tangents);
    if (wanted.length === 0) return [];
    return axes.map((row) => ({
      total: { body: along(row), moments: true },
      counts: [
        wanted.map(([name, { offset }]) => ({ name, factor: offset[row] })),
        ...axes.map((column) => wanted.map(([name, { linear }]) => ({ name, factor: at(linear, row, column) }))),
      ],
    }));
  }

  /** Sums `kept` and what parameters need over a domain, into a buffer of its own or the one of a forward pass. */
  #share(
    domain: Look & Pick<Reduce, "size" | "channels">,
    { reason }: Pick<Reduce, "reason">,
    kept: readonly Total[],
    shared: readonly Shared[],
    known?: number,
  ): void {
    const totals = [...kept, ...shared.map(({ total }) => total)];
    if (totals.length === 0) return;
    const length = kept.length + shared.reduce((sum, { counts }) => sum + counts.length, 0);
    const made: Buffer = { size: [length, 1, 1], channels: 1, storage: { dtype: "float64", rescale: noRescale } };
    const output = known ?? this.#make(made);
    this.buffers[output] = made;
    const { size, channels, taps, regions } = domain;
    this.passes.push({ kind: "reduce", output, size, channels, taps, regions, totals, reason });
    let element = kept.length;
    for (const { counts } of shared)
      for (const count of counts) {
        for (const { name, factor } of count)
          if (factor !== 0) this.shares.push({ parameter: name, buffer: output, element, factor });
        element++;
      }
  }

  #backDisplaced(pass: Displaced): void {
    if (!this.#given.has(pass.output)) return;
    const { source, aim, by } = pass;
    const output = this.#buffer(pass.output);
    const cotangent = this.#cotangent(pass.output);
    if (this.#active.has(source)) this.#giveTo(source, givenToSource(pass, cotangent));
    const moved = axes.filter((k) => this.#active.has(aim.displacement[k]));
    const ontos = this.#wantedOf(aim.onto.tangents);
    if (by === "nearest" || moved.length + this.#wantedOf(aim.pull.tangents).length + ontos.length === 0) return;
    const slopes = slopesOf(pass, cotangent, output, (made, as) => this.#write(made, as));
    for (const k of moved) this.#giveTo(aim.displacement[k], givenToComponent(pass, k, slopes, output));
    const ofOnto = axes.flatMap((row) =>
      axes.map(
        (column): Shared => ({
          total: { body: times(slopes.along[row], slopes.displacement[column]), moments: false },
          counts: [ontos.map(([name, { linear }]) => ({ name, factor: at(linear, row, column) }))],
        }),
      ),
    );
    const shared = [
      ...this.#ofPull(aim.pull.tangents, (row) => slopes.along[row]),
      ...(ontos.length === 0 ? [] : ofOnto),
    ];
    const { size, channels } = output;
    this.#share(
      { size, channels, taps: slopes.taps, regions: [] },
      { reason: "what moves a displaced look" },
      [],
      shared,
    );
  }

  #backPrefilter(last: Prefilter): void {
    if (this.#handled.has(last) || !this.#given.has(last.output)) return;
    // Filters along several axes commute, so a chain of them is transposed as one.
    const chain = [last];
    for (;;) {
      const source = chain[0]?.source;
      const before = this.#forward.passes.find((pass) => pass.kind === "prefilter" && pass.output === source);
      if (before?.kind !== "prefilter") break;
      chain.unshift(before);
      this.#handled.add(before);
    }
    const source = chain[0]?.source ?? last.source;
    const { size, channels } = this.#buffer(last.output);
    const working: Buffer = { size, channels, storage: "working" };
    const make = (): number => this.#make(working);
    const { passes, giver } = transposePrefilters(chain, size, this.#cotangent(last.output), make);
    this.passes.push(...passes);
    if (this.#active.has(source)) this.#giveTo(source, giver);
  }

  #giveTo(buffer: number, giver: Giver): void {
    this.#given.set(buffer, [...(this.#given.get(buffer) ?? []), giver]);
  }

  /** All that an intermediate buffer has been given, as one buffer. */
  #cotangent(buffer: number): number {
    const { size, channels } = this.#buffer(buffer);
    return this.#total(buffer, { size, channels, storage: "working" }, 1);
  }

  #total(buffer: number, as: Buffer, factor: number): number {
    const scaled = (giver: BodyGiver): BodyGiver => ({ ...giver, body: times(giver.body, scalar.constant(factor)) });
    const [only, ...others] = this.#given.get(buffer) ?? [];
    const nothing: BodyGiver = {
      kind: "gather",
      taps: [],
      regions: [],
      body: scalar.constant(0),
      reason: "no gradient",
    };
    if (others.length === 0 && only?.kind !== "displaced-scatter") return this.#write(scaled(only ?? nothing), as);
    if (others.length === 0 && only !== undefined && factor === 1 && as.storage === "working")
      return this.#write(only, as);
    const parts = [...(only === undefined ? [] : [only]), ...others].map((giver) =>
      this.#write(giver, { ...as, storage: "working" }),
    );
    const sum = parts.reduce<Scalar>((all, _, k) => plus(all, scalar.tap(k)), scalar.constant(0));
    const taps = parts.map(copyOf);
    return this.#write(scaled({ kind: "gather", taps, regions: [], body: sum, reason: "the sum of gradients" }), as);
  }

  #write(giver: Giver | Omit<Displaced, "output">, as: Buffer): number {
    const output = this.#make(as);
    this.passes.push(giver.kind === "scatter" ? transposeCopy({ ...giver, output }, as) : { ...giver, output });
    return output;
  }
}

/** A total with what each of its elements counts for. */
interface Shared {
  readonly total: Total;
  readonly counts: readonly (readonly { readonly name: string; readonly factor: number }[])[];
}

const noRescale = { slope: 1, intercept: 0 };
