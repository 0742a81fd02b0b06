/** The laws as users run them: on a pipeline of their own, on another backend, outside any test runner. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkLaw,
  checkPipeline,
  LawBroken,
  labelImages,
  medimages,
  medimagesOn,
  particularLaws,
  performing,
} from "../../laws/index.ts";
import {
  changeOrientation,
  crop,
  type Expression,
  gamma,
  materialize,
  pad,
  pipe,
  reference,
  rescale,
  rotate,
  type Source,
} from "../../src/index.ts";

describe("a pipeline of one's own", () => {
  it("passes the laws of all pipelines", async () => {
    await checkPipeline((image) =>
      pipe(image, pad([1, 1, 1], [1, 1, 1]), rotate("z", 5), crop([1, 0, 1], [1, 2, 1]), rescale(2, 1)),
    );
  });
  it("is held to the laws that it promises beside", async () => {
    const turned = (image: Source<"intensity">): Expression<"intensity"> =>
      pipe(image, rotate("z", 5), changeOrientation("RAS"));
    await fc.assert(particularLaws.oneSamplingIsOnePass.property(turned));
    await fc.assert(particularLaws.constantStaysConstant.property(turned));
    await fc.assert(
      particularLaws.labelsAreNotInvented.property((labels) => pipe(labels, rotate("x", 12)), {
        images: labelImages(),
      }),
    );
  });
  it("is held to what its gradients promise", async () => {
    const looked = (image: Source<"intensity">): Expression<"intensity"> =>
      pipe(
        image,
        rotate("z", 5, { interpolation: "bspline", fill: "reflect" }),
        crop([0, 0, 0], [1, 1, 1], { fill: 0 }),
      );
    await fc.assert(particularLaws.adjointIsTranspose.property(looked));
    await fc.assert(
      particularLaws.voxelGradientsAreSlopes.property((image) => pipe(looked(image), rescale(0.02, 1), gamma(1.5))),
    );
    const { failed } = await fc.check(
      particularLaws.adjointIsTranspose.property((image) => gamma(1.5)(looked(image))),
      { seed: 1 },
    );
    expect(failed).toBe(true);
  });
  it("is told which law it breaks", async () => {
    const twice = particularLaws.oneSamplingIsOnePass.property((image) =>
      pipe(image, rotate("z", 5), materialize, rotate("z", 5)),
    );
    const { failed, errorInstance } = await fc.check(twice, { seed: 1 });
    expect(failed).toBe(true);
    expect(errorInstance).toBeInstanceOf(LawBroken);
    expect(String(errorInstance)).toContain("2 resampling passes instead of 1");
  });
});

describe("an implementation of one's own", () => {
  it("is judged with another backend", () => checkLaw("rotationsAdd", { numRuns: 50 }, medimagesOn(reference)));
  it("is refused with the seed and the smallest case", async () => {
    const wrong = performing(medimages, (step) =>
      step.op === "translate" ? (source) => medimages.perform({ ...step, mm: -step.mm })(source) : undefined,
    );
    await expect(checkLaw("translatingMovesTheOrigin", { seed: 3 }, wrong)).rejects.toThrow(/seed: 3/);
  });
});
