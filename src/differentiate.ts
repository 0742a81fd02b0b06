/**
 * Values and gradients of losses: the one place where they are computed. A loss is lowered to sums and histograms;
 * these are differentiated as a plan; and the backends run that plan as they run any.
 */
import { isOnDevice } from "../backends/backend.ts";
import { type Adjoint, adjoint, type Wanted } from "../compiler/adjoint.ts";
import { derive } from "../compiler/derive.ts";
import { fail } from "../compiler/errors.ts";
import { channelsOf, wholeOf } from "../compiler/language/channel.ts";
import { type Grid, sameGrid } from "../compiler/language/grid.ts";
import { measuresIn } from "../compiler/language/measure.ts";
import { isParameter } from "../compiler/language/real.ts";
import { nodesOf, type Parameter, tap } from "../compiler/language/scalar.ts";
import { valueOfScalar } from "../compiler/language/scalar-value.ts";
import { storedAs, type Voxels, voxelsOf } from "../compiler/language/voxels.ts";
import { runGradient } from "./automatic-gradient.ts";
import type { Differentiable, GradientOptions, GradientsOf, WithRespectTo } from "./differentiable.ts";
import { type Source, toExpression } from "./expression.ts";
import { intensityImage, type MedImage } from "./image.ts";
import { fieldsOf, type Loss, weightedSum } from "./loss.ts";
import { type CompiledTerms, compileTerms, numberAt, type Reading, type Results, readTerms } from "./terms.ts";

/** The value, unless it is not wanted, and the gradients. @throws as `valueAndGradient` */
export const differentiate = async <const W extends WithRespectTo>(
  loss: Loss,
  options: GradientOptions<W>,
  wantsValue: boolean,
): Promise<{ readonly value: number; readonly gradient: GradientsOf<W> }> => {
  const wanted = Object.entries<Differentiable>({ ...options.wrt });
  checkLoss(
    loss,
    wanted.flatMap(([, by]) => (isParameter(by) ? [by] : [])),
  );
  const all = [...new Set(wanted.map(([, by]) => by))];
  const { value, gradients } = await (isMeasuring(loss)
    ? throughMeasures(loss, all, options, wantsValue)
    : new GradientRun(loss, all, options, wantsValue).compute());
  const named = wanted.map(([name, by]) => [name, gradients.get(by)] as const);
  const gradient = Array.isArray(options.wrt) ? named.map(([, g]) => g) : Object.fromEntries(named);
  // Each entry was made for the entry of `wrt` of the same name.
  return { value, gradient: gradient as GradientsOf<W> };
};

const isMeasuring = ({ terms }: Loss): boolean => measuresIn(terms.flatMap(fieldsOf)).length > 0;

/** The same for a loss that measures: with all numbers held, and then by what they are. */
const throughMeasures = async (
  loss: Loss,
  wanted: readonly Differentiable[],
  options: Running,
  wantsValue: boolean,
): Promise<Gradients> => {
  const { settleLoss, withMeasures } = await import("./through-measures.ts");
  const { settled, readings } = await settleLoss(loss, options);
  if (wanted.length === 0) return new GradientRun(settled, wanted, options, wantsValue).compute();
  let value: number | undefined;
  const whole = await withMeasures(settled, readings, async (of, numbers, isFirst) => {
    const found = await new GradientRun(of, numbers, options, isFirst && wantsValue).compute();
    if (isFirst) value = found.value;
    return numbers.map((number) => Number(found.gradients.get(number)));
  });
  const last = await new GradientRun(whole, wanted, options, wantsValue && value === undefined).compute();
  return { value: value ?? last.value, gradients: last.gradients };
};

/**
 * ⟨cotangent, source⟩, voxel by voxel: the cotangent is a constant even if the source looks at the same voxels, and
 * goes with the grid of the source even where parameters move that.
 */
export const productLoss = (source: Source, cotangent: MedImage): Loss => {
  const { grid, field, problems } = toExpression(source);
  const misplaced =
    problems.length > 0 ? undefined : mismatch([grid, channelsOf(field)], [cotangent.grid, cotangent.voxels.channels]);
  return misplaced === undefined
    ? weightedSum({ ...cotangent, grid, voxels: apart(cotangent.voxels) })(source)
    : fail({ kind: "InvalidDocument", errors: [misplaced] });
};

/** What keeps a cotangent from being one of a result; that of a file may be off by the rounding of its header. */
const mismatch = (result: readonly [Grid, number], cotangent: readonly [Grid, number]): string | undefined => {
  const show = ([{ size }, channels]: readonly [Grid, number]): string =>
    `${size.join("×")} with ${channels} channel(s)`;
  const [shape, found] = [show(result), show(cotangent)];
  if (shape !== found)
    return `the cotangent is of ${found} and the expression of ${shape}; give one value for each voxel`;
  return sameGrid(result[0], cotangent[0], 1e-3)
    ? undefined
    : "the cotangent lies elsewhere in the world than the expression; make it on `expression.grid`, such as by imageFromArray(data, expression.grid)";
};

/** The same voxels, told apart from those; on a device they are what they are. */
const apart = (voxels: Voxels): Voxels => (isOnDevice(voxels) ? voxels : { ...voxels });

/** @throws MedImagesError `InvalidPipeline` or `InvalidDocument` */
const checkLoss = (loss: Loss, wanted: readonly Parameter[]): void => {
  if (loss.problems.length > 0) fail({ kind: "InvalidPipeline", problems: loss.problems });
  const values = new Map<string, number>();
  const parameters = [...loss.steps.flatMap(parametersIn), ...wanted];
  const differing = parameters.filter(({ parameter, value }) => {
    const known = values.get(parameter);
    values.set(parameter, known ?? value);
    return known !== undefined && !Object.is(known, value);
  });
  if (differing.length > 0)
    fail({
      kind: "InvalidDocument",
      errors: [...new Set(differing.map(({ parameter }) => parameter))].map(
        (name) => `the parameter "${name}" has more than one value here; give each its own name`,
      ),
    });
};

/** The parameters in a step, wherever in it a number or a body stands. */
const parametersIn = (part: unknown): readonly Parameter[] => {
  if (isParameter(part)) return [part];
  if (typeof part !== "object" || part === null || ArrayBuffer.isView(part)) return [];
  // Images that steps bring along hold no parameters, and voxels on a device must not be asked for.
  if ("type" in part && part.type === "image") return [];
  return Object.values(part).flatMap(parametersIn);
};

type Running = Omit<GradientOptions<WithRespectTo>, "wrt">;
interface Gradients {
  readonly value: number;
  readonly gradients: ReadonlyMap<Differentiable, number | MedImage<"intensity">>;
}

/** Gradients of channels, and of all of an image, as one. */
const summed = (into: Voxels, parts: readonly { readonly voxels: Voxels; readonly channel: number }[]): Voxels => {
  const { data, channels } = into;
  for (const { voxels, channel } of parts) {
    const start = (channel * data.length) / channels;
    voxels.data.forEach((value: number | bigint, k: number) => {
      data[start + k] = Number(data[start + k]) + Number(value);
    });
  }
  return into;
};

class GradientRun {
  readonly #loss: Loss;
  readonly #wanted: readonly Differentiable[];
  readonly #options: Running;
  readonly #wantsValue: boolean;
  readonly #compiled: CompiledTerms;

  constructor(loss: Loss, wanted: readonly Differentiable[], options: Running, wantsValue: boolean) {
    this.#wantsValue = wantsValue;
    this.#loss = loss;
    this.#wanted = wanted;
    this.#options = options;
    this.#compiled = compileTerms(loss.terms);
  }

  async compute(): Promise<Gradients> {
    const partials = this.#loss.terms.map((_, k) => derive(this.#loss.body, tap(k)));
    // Where the loss is linear in sums its derivatives are known before them, and one run makes both.
    const isLinear =
      this.#compiled.places.every(({ kind }) => kind === "total") &&
      partials.every((body) => nodesOf(body).every(({ kind }) => kind !== "tap"));
    const before = isLinear ? undefined : this.#read(await runGradient(this.#compiled, this.#options));
    const seeds = partials.map((partial) => valueOfScalar(partial, before?.map(({ value }) => value) ?? []));
    const back = this.#adjoint(seeds, isLinear && this.#wantsValue);
    const inputs = this.#withTables(seeds, before ?? []);
    const nothing: Results = new Map();
    const results =
      back.plan.results.length === 0 ? nothing : await runGradient({ plan: back.plan, inputs }, this.#options);
    const values = (before ?? this.#read(results)).map(({ value }) => value);
    return {
      value: valueOfScalar(this.#loss.body, values),
      gradients: new Map(this.#wanted.map((by) => [by, this.#gradientOf(by, back, results)])),
    };
  }

  #read(results: Results): readonly Reading[] {
    return readTerms(this.#compiled, results);
  }

  /** `seeds` are the derivatives of the loss by its terms. */
  #adjoint(seeds: readonly number[], values: boolean): Adjoint {
    const ofSums = new Map<number, readonly number[]>();
    const tables = new Map<number, number>();
    this.#compiled.places.forEach((place, k) => {
      if (place.kind === "histogram") tables.set(place.buffer, place.table);
      else ofSums.set(place.buffer, [...(ofSums.get(place.buffer) ?? []), seeds[k] ?? 0]);
    });
    const wanted: Wanted = {
      inputs: this.#images().map(({ input }) => input),
      parameters: this.#wanted.flatMap((by) => (isParameter(by) ? [by.parameter] : [])),
      storage: storedAs(this.#options.dtype ?? "float32"),
      values,
    };
    return adjoint(this.#compiled.plan, ofSums, wanted, tables);
  }

  /** The inputs with the loss's derivatives by the histograms among them. */
  #withTables(seeds: readonly number[], readings: readonly Reading[]): readonly Voxels[] {
    const inputs = [...this.#compiled.inputs];
    this.#compiled.places.forEach((place, k) => {
      const table = readings[k]?.derivatives?.map((derivative) => (seeds[k] ?? 0) * derivative);
      if (place.kind === "histogram" && table !== undefined) inputs[place.table] = voxelsOf(table);
    });
    return inputs;
  }

  /** The images among what is wanted that the loss looks at, with the inputs that they, or channels of them, are. */
  #images(): readonly { readonly image: MedImage; readonly input: number; readonly channel: number }[] {
    return this.#wanted.flatMap((image) =>
      isParameter(image)
        ? []
        : this.#compiled.inputs.flatMap((voxels, input) => {
            const { voxels: all, channel } = wholeOf(voxels);
            return all === image.voxels ? [{ image, input, channel }] : [];
          }),
    );
  }

  #gradientOf(by: Differentiable, back: Adjoint, results: Results): number | MedImage<"intensity"> {
    if (isParameter(by))
      return back.shares
        .filter(({ parameter }) => parameter === by.parameter)
        .reduce((sum, { buffer, element, factor }) => sum + factor * numberAt(results, buffer, element), 0);
    const parts = this.#images().flatMap(({ image, channel }, k) => {
      const voxels = results.get(back.gradients[k] ?? -1);
      return image === by && voxels !== undefined ? [{ voxels, channel }] : [];
    });
    const [only] = parts;
    const isWhole = parts.length === 1 && only?.voxels.channels === by.voxels.channels;
    const voxels = isWhole ? only.voxels : summed(this.#nothing(by), parts);
    const { grid, channels, study, clinical, modality } = by;
    return intensityImage({ voxels, grid, channels, study, clinical, modality });
  }

  #nothing({ voxels }: MedImage): Voxels {
    const { dtype = "float32" } = this.#options;
    const data = new (dtype === "float32" ? Float32Array : Float64Array)(voxels.data.length);
    return { ...storedAs(dtype), data, channels: voxels.channels };
  }
}
