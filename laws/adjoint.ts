/**
 * Laws of transposes. A vector-Jacobian product is a linear map of its cotangent, the transpose of the pipeline where
 * that is linear in the voxels, and that of a pipeline in two parts is the product of the products of the parts.
 */
import type { MedImage } from "../src/image.ts";
import { closeReals, realAt, reals } from "./compare.ts";
import { innerProduct, noiseOn, normOf } from "./noise.ts";
import type { Pipeline, Subject } from "./subject.ts";
import { require, type Verdict } from "./verdict.ts";

/** What a pipeline gives, as numbers that are not rounded on being stored. */
const outputOf = async (subject: Subject, pipeline: Pipeline, image: MedImage<"intensity">): Promise<MedImage> =>
  subject.evaluate(subject.perform({ op: "as", dtype: "float64" })(pipeline(image)));

/**
 * ⟨A x₁ − A x₂, y⟩ = ⟨x₁ − x₂, Aᵀ y⟩, for a pipeline A that is affine in the voxels and a cotangent y of noise: what
 * constants add cancels in the difference of two images of one grid and storage. Volumes that the pipeline
 * materializes must be float64 for this to hold as exactly as a float64 backend has it. What is allowed is a share of
 * ‖x‖ · ‖y‖, and of ‖Ax‖ · ‖y‖ and ‖x‖ · ‖Aᵀy‖.
 */
export const adjointIsTranspose = async (
  subject: Subject,
  pipeline: Pipeline,
  [first, second]: readonly [MedImage<"intensity">, MedImage<"intensity">],
  seed: number,
): Promise<Verdict> => {
  const expression = pipeline(first);
  const cotangent = noiseOn(expression, seed);
  const [gradient] = await subject.vjp(expression, cotangent, { wrt: [first] });
  const outputs = [await outputOf(subject, pipeline, first), await outputOf(subject, pipeline, second)] as const;
  const [a, b] = [reals(outputs[0].voxels), reals(outputs[1].voxels)];
  const [x, z, y, g] = [reals(first.voxels), reals(second.voxels), reals(cotangent.voxels), reals(gradient.voxels)];
  const forward = innerProduct(difference(a, b), y);
  const backward = innerProduct(difference(x, z), g);
  // What is stored may be larger than the values that it stands for.
  const stored = normOf(x) + normOf(z) + 2 * Math.abs(first.voxels.rescale.intercept) * Math.sqrt(x.length);
  // Operations that show little of an image do so by sums of what is as large as the image.
  const scale = (normOf(a) + normOf(b) + stored) * normOf(y) + stored * normOf(g);
  return require(Math.abs(forward - backward) <= subject.precision * scale, () =>
    `⟨Ax, y⟩ is ${forward} and ⟨x, Aᵀy⟩ is ${backward}, of sums of up to ${scale}`);
};

const difference = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((value, i) => value - (b[i] ?? Number.NaN));

/** The products of weighted sums of two cotangents are the weighted sums of their products, for any pipeline. */
export const cotangentsAddUp = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
  [alpha, beta]: readonly [number, number],
  seed: number,
): Promise<Verdict> => {
  const expression = pipeline(image);
  const [y, z] = [noiseOn(expression, seed), noiseOn(expression, seed + 1)];
  const sum: MedImage = {
    ...y,
    voxels: {
      ...y.voxels,
      data: Float64Array.from(reals(y.voxels), (v, i) => alpha * v + beta * realAt(z.voxels, i)),
    },
  };
  const productOf = async (cotangent: MedImage): Promise<MedImage> =>
    (await subject.vjp(expression, cotangent, { wrt: [image] }))[0];
  const [ofSum, ofY, ofZ] = [await productOf(sum), await productOf(y), await productOf(z)];
  const most = size(ofSum, sum) + Math.abs(alpha) * size(ofY, y) + Math.abs(beta) * size(ofZ, z);
  return closeReals(
    ofSum.voxels,
    (i) => alpha * realAt(ofY.voxels, i) + beta * realAt(ofZ.voxels, i),
    slack * subject.precision * most,
  );
};

/** Of what order the sums are that a gradient is made of. */
const size = (gradient: MedImage, cotangent: MedImage): number => largest(gradient) + normOf(reals(cotangent.voxels));

/** A voxel's gradient is the sum of some hundred terms, each off by its share. */
const slack = 10;
const largest = (image: MedImage): number =>
  reals(image.voxels).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * The product of a pipeline that materializes between two parts is the product of the first part, with the product of
 * the second for its cotangent. What is materialized must be float64, as in {@link adjointIsTranspose}.
 */
export const productsChain = async (
  subject: Subject,
  [before, after]: readonly [Pipeline, Pipeline],
  image: MedImage<"intensity">,
  seed: number,
): Promise<Verdict> => {
  const first = before(image);
  const whole = after({ ...subject.perform({ op: "materialize" })(first), kind: "intensity" });
  const cotangent = noiseOn(whole, seed);
  const [atOnce] = await subject.vjp(whole, cotangent, { wrt: [image] });
  const middle = await subject.evaluate(first);
  const [between] = await subject.vjp(after(middle), cotangent, { wrt: [middle] });
  const [stepwise] = await subject.vjp(first, between, { wrt: [image] });
  const scale = size(atOnce, cotangent) + size(stepwise, between);
  return closeReals(atOnce.voxels, (i) => realAt(stepwise.voxels, i), slack * subject.precision * scale);
};
