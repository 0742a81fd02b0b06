/** Mutants for the laws of interpolation, values, documents and plans. */
import { right } from "fp-ts/lib/Either.js";
import { type Components, displace } from "../../../compiler/language/field.ts";
import type { Grid } from "../../../compiler/language/grid.ts";
import { numberOf } from "../../../compiler/language/real.ts";
import { binary, constant, tap, unary } from "../../../compiler/language/scalar.ts";
import { add, vector, zero3 } from "../../../compiler/language/vector.ts";
import { dtypes } from "../../../compiler/language/voxels.ts";
import type { Subject } from "../../../laws/index.ts";
import { chain, medimages } from "../../../laws/index.ts";
import { toExpression } from "../../../src/expression.ts";
import type { MedImage } from "../../../src/image.ts";
import { fromJSON } from "../../../src/json.ts";
import { componentsOf } from "../../../src/ops/displace.ts";
import type { DisplaceStep } from "../../../src/step.ts";
import {
  changed,
  halfAVoxelOff,
  halfVoxel,
  instead,
  type Mutants,
  materialized,
  moved,
  mutant,
  rewritten,
  tampered,
  without,
} from "./mutant.ts";

const mapped = (image: MedImage<"intensity">, of: (mm: number) => number): MedImage<"intensity"> => ({
  ...image,
  voxels: { ...image.voxels, dtype: "float64", data: Float64Array.from(image.voxels.data as Float32Array, of) },
});
const negated = (image: MedImage<"intensity">): MedImage<"intensity"> => mapped(image, (mm) => -mm);

/** The components as if the grid of the vectors began where that of the image does. */
const componentsAt = ({ vectors, by }: DisplaceStep, { origin }: Grid): Components =>
  componentsOf({ ...vectors, grid: { ...vectors.grid, origin } }, by);

export const sampling: Pick<
  Mutants,
  | "constantStaysConstant"
  | "fillDoesNotLeak"
  | "rampIsReproduced"
  | "weightedSumsPass"
  | "rotationsAdd"
  | "zeroDisplacementIsNothing"
  | "constantDisplacementTranslates"
  | "inverseUndoes"
  | "labelsAreNotInvented"
  | "mapsCommute"
  | "mapsCommuteWithPicking"
  | "affineMapsCommuteWithBlending"
  | "asRoundsAndSaturates"
  | "channelsAreAlike"
  | "evaluationIsRepeatable"
  | "documentsRoundTrip"
  | "plansAreSound"
  | "oneSamplingIsOnePass"
  | "stepsAreTotal"
> = {
  constantStaysConstant: [
    tampered("weights sum to 1.001", (v) =>
      v.dtype === "float32" ? rewritten(v, (i) => Number(v.data[i]) * 1.001) : v,
    ),
    instead("zero outside whatever the fill", "rotate", (step) => medimages.perform({ ...step, fill: 0 })),
  ],
  fillDoesNotLeak: [
    instead(
      "the fill is blended in at the border, as when padding comes before interpolating",
      "rotate",
      (step) => (source) =>
        chain(medimages, [
          {
            op: "pad",
            begin: [1, 1, 1],
            end: [1, 1, 1],
            ...(typeof step.fill === "number" ? { fill: step.fill } : {}),
          },
          { op: "materialize" },
          step,
        ])(source),
    ),
    instead("the fill is 0 whatever was said", "pad", ({ fill: _, ...step }) =>
      medimages.perform({ ...step, fill: 0 }),
    ),
  ],
  rampIsReproduced: [
    instead("rotation about n/2, half a voxel off", "rotate", (step) =>
      changed(step, (_, { field, grid, ...rest }) => {
        const off = halfVoxel(grid, 0);
        const turned = medimages.perform(step)({ ...rest, field, grid: { ...grid, origin: add(grid.origin, off) } });
        return { field: turned.field };
      }),
    ),
    instead("rotation the other way round", "rotate", (step) => medimages.perform({ ...step, degrees: -step.degrees })),
    instead("a displacement leads the other way", "displace", (step) =>
      medimages.perform({ ...step, vectors: negated(step.vectors) }),
    ),
    instead("a displacement is added where the result stands, whatever moved the content before", "displace", (step) =>
      changed(step, (_, { field, grid }) => ({
        field: displace(field, componentsAt(step, grid)),
      })),
    ),
    instead("control points are taken for vectors", "displace", (step) =>
      medimages.perform({ ...step, by: "vectors" }),
    ),
    instead("shear is ignored", "affine", ({ shear: _, ...step }) => medimages.perform(step)),
    instead("affine moves by the inverse of its translation", "affine", (step) =>
      step.translate === undefined
        ? medimages.perform(step)
        : medimages.perform({ ...step, translate: vector((k) => -(step.translate?.[k] ?? 0)) }),
    ),
    instead("nearest whatever was said", "scale", (step) => medimages.perform({ ...step, interpolation: "nearest" })),
    instead("half a voxel off", "resampleToSpacing", halfAVoxelOff),
  ],
  weightedSumsPass: [
    instead("the fill is the background, a median", "rotate", (step) =>
      medimages.perform({ ...step, fill: "background" }),
    ),
    tampered("results are clamped to 0", (v) => rewritten(v, (i) => Math.max(0, Number(v.data[i])))),
  ],
  zeroDisplacementIsNothing: [
    instead("half a voxel off", "displace", halfAVoxelOff),
    instead("a displacement of nothing leads a metre away", "displace", (step) =>
      medimages.perform({ ...step, vectors: mapped(step.vectors, (mm) => mm + 1000) }),
    ),
  ],
  constantDisplacementTranslates: [
    instead("the content goes the other way", "displace", (step) =>
      medimages.perform({ ...step, vectors: negated(step.vectors) }),
    ),
    instead("vectors are taken for half as long", "displace", (step) =>
      medimages.perform({ ...step, vectors: mapped(step.vectors, (mm) => mm / 2) }),
    ),
  ],
  rotationsAdd: [
    instead("rotation about n/2, half a voxel off", "rotate", (step) =>
      changed(step, ({ field, grid }) => ({ field: moved(halfVoxel(grid, 0))(field) })),
    ),
    instead("every rotation is a pass of its own", "rotate", (step) =>
      changed(step, (after) => ({ field: materialized(after) })),
    ),
    instead("angles are rounded to degrees", "rotate", (step) =>
      medimages.perform({ ...step, degrees: Math.round(numberOf(step.degrees)) }),
    ),
  ],
  inverseUndoes: [
    instead("every rotation is a pass of its own, and corners are lost", "rotate", (step) =>
      changed(step, (after) => ({ field: materialized(after) })),
    ),
    instead(
      "affine turns about z, y, x instead of x, y, z",
      "affine",
      ({ rotate = zero3, translate = zero3, ...step }) =>
        chain(medimages, [
          step,
          { ...step, scale: [1, 1, 1], shear: [0, 0, 0], rotate: [0, 0, rotate[2]] },
          { ...step, scale: [1, 1, 1], shear: [0, 0, 0], rotate: [0, rotate[1], 0] },
          { ...step, scale: [1, 1, 1], shear: [0, 0, 0], rotate: [rotate[0], 0, 0], translate },
        ]),
    ),
    instead("angles are taken without their sign", "rotate", (step) =>
      medimages.perform({ ...step, degrees: Math.abs(numberOf(step.degrees)) }),
    ),
  ],
  labelsAreNotInvented: [
    instead("labels are rotated linearly and rounded", "rotate", (step) => (source) => {
      const { kind, storage, ...expression } = toExpression(source);
      const linear = { ...step, interpolation: "linear" as const };
      return { ...medimages.perform(linear)({ ...expression, storage, kind: "intensity" }), storage, kind };
    }),
    tampered("neighbouring classes are averaged", (v) =>
      rewritten(v, (i) => Math.round((Number(v.data[i]) + Number(v.data[Math.max(0, i - 1)])) / 2)),
    ),
  ],
  mapsCommute: [
    instead(
      "a map is applied twice when something moved before",
      "rescale",
      (step) => (source) =>
        toExpression(source).steps.length > 0
          ? chain(medimages, [step, step])(source)
          : medimages.perform(step)(source),
    ),
    instead(
      "movements sample before they move",
      "rotate",
      (step) => (source) => chain(medimages, [{ op: "as", dtype: "uint8" }, step])(source),
    ),
  ],
  mapsCommuteWithPicking: [
    instead("nearest is linear, rounded", "rotate", (step) => (source) => {
      const linear = chain(medimages, [{ ...step, interpolation: "linear" }])(source);
      return { ...linear, storage: toExpression(source).storage };
    }),
    instead("nearest is linear", "affine", (step) => medimages.perform({ ...step, interpolation: "linear" })),
  ],
  affineMapsCommuteWithBlending: [
    instead(
      "the intercept is added before scaling",
      "rescale",
      (step) => (source) =>
        toExpression(source).steps.length > 0
          ? medimages.perform(step)(source)
          : medimages.perform({ ...step, intercept: numberOf(step.intercept) * numberOf(step.slope) })(source),
    ),
    instead(
      "what follows a map is nearest",
      "rotate",
      (step) => (source) =>
        medimages.perform(toExpression(source).steps.length > 0 ? { ...step, interpolation: "nearest" } : step)(source),
    ),
  ],
  asRoundsAndSaturates: [
    instead("values wrap around instead of saturating", "as", (step) => {
      const { integer, min, max } = dtypes[step.dtype];
      const turns = unary("floor", binary("div", binary("sub", tap(0), constant(min)), constant(max - min + 1)));
      const wrapped = binary("sub", tap(0), binary("mul", turns, constant(max - min + 1)));
      return integer ? chain(medimages, [{ op: "map", body: wrapped }, step]) : medimages.perform(step);
    }),
    instead("values are cut off, not rounded", "as", (step) =>
      dtypes[step.dtype].integer
        ? chain(medimages, [{ op: "map", body: unary("floor", tap(0)) }, step])
        : medimages.perform(step),
    ),
  ],
  channelsAreAlike: [
    tampered("channels come in reverse", (v) => {
      const count = v.data.length / v.channels;
      return rewritten(v, (i) => v.data[(v.channels - 1 - Math.floor(i / count)) * count + (i % count)]);
    }),
    tampered("the second channel is blurred into the first", (v) =>
      v.channels === 1 ? v : rewritten(v, (i) => (i === 0 ? v.data[v.data.length - 1] : v.data[i])),
    ),
  ],
  evaluationIsRepeatable: [
    mutant("evaluation writes into its input", {
      evaluate: async (source) => {
        const { data } = toExpression(source).image.voxels;
        const image = await medimages.evaluate(source);
        data.reverse();
        return image;
      },
    }),
    mutant(
      "results depend on how often was asked",
      (() => {
        let calls = 0;
        return {
          evaluate: async (source) => {
            const image = await medimages.evaluate(source);
            calls++;
            return { ...image, voxels: rewritten(image.voxels, (i) => (i === 0 ? calls % 2 : image.voxels.data[i])) };
          },
        } satisfies Partial<Subject>;
      })(),
    ),
  ],
  documentsRoundTrip: [
    mutant("the document drops the fill", { toJSON: (source) => without(medimages.toJSON(source), "fill") }),
    mutant("the document drops the alignment", { toJSON: (source) => without(medimages.toJSON(source), "align") }),
    mutant("the reader leaves out the last step", {
      fromJSON: (document) => {
        const { steps } = document as { readonly steps: readonly object[] };
        return fromJSON(steps.slice(0, -1));
      },
    }),
    mutant("the reader ignores the document", { fromJSON: () => right(chain(medimages, [])) }),
  ],
  plansAreSound: [
    mutant("passes come in reverse", {
      compile: (source) => {
        const { plan, inputs } = medimages.compile(source);
        return { inputs, plan: { ...plan, passes: [...plan.passes].reverse() } };
      },
    }),
    mutant("every tap is called a copy", {
      compile: (source) => {
        const { plan, inputs } = medimages.compile(source);
        const passes = plan.passes.map((pass) =>
          pass.kind === "gather"
            ? { ...pass, taps: pass.taps.map((tap) => ({ ...tap, class: "copy" as const })) }
            : pass,
        );
        return { inputs, plan: { ...plan, passes } };
      },
    }),
  ],
  oneSamplingIsOnePass: [
    instead("every rotation is a pass of its own", "rotate", (step) =>
      changed(step, (after) => ({ field: materialized(after) })),
    ),
    instead("crop materializes", "crop", (step) => changed(step, (after) => ({ field: materialized(after) }))),
  ],
  stepsAreTotal: [
    instead("a singular map throws", "affine", (step) => (source) => {
      if (step.scale?.includes(0)) throw new Error("singular");
      return medimages.perform(step)(source);
    }),
    instead("a spacing of 0 is let through", "resampleToSpacing", (step) => (source) => {
      const after = medimages.perform(step)(source);
      return { ...after, problems: toExpression(source).problems, grid: { ...after.grid, spacing: step.spacing } };
    }),
    instead("problems are counted from 1", "crop", (step) =>
      changed(step, ({ problems }, before) => ({
        problems: problems.map((p, k) => (k < before.problems.length ? p : { ...p, step: p.step + 1 })),
      })),
    ),
    instead("a step that cannot be is forgotten", "scale", (step) =>
      changed(step, ({ steps, problems }, before) =>
        problems.length > before.problems.length ? { steps: before.steps } : { steps },
      ),
    ),
  ],
};
