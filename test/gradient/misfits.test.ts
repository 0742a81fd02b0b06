/** Cotangents, targets and masks that do not fit what they are held against: refused, where a number would mean nothing. */
import { describe, expect, it } from "vitest";
import {
  crop,
  evaluate,
  imageFromArray,
  lncc,
  type MedImage,
  mse,
  mutualInformation,
  ncc,
  param,
  pipe,
  reference,
  resampleToImage,
  rotate,
  translate,
  valueAndGradient,
  valueOfLoss,
  vjp,
  weightedSum,
} from "../../src/index.ts";

const noise = (size: readonly [number, number, number], channels = 1): MedImage<"intensity"> =>
  imageFromArray(
    Float64Array.from({ length: size[0] * size[1] * size[2] * channels }, (_, i) => Math.sin(i * i)),
    { size, spacing: [1, 1.5, 2], origin: [-3, 4, 50] },
    { channels },
  );
const image = noise([6, 5, 4]);

describe("a cotangent", () => {
  it("is what the result's voxels are multiplied by, wherever parameters move the grid that these stand on", async () => {
    const shift = param("shift", 2);
    const expression = pipe(image, rotate("z", 20), translate("x", shift));
    const { size, spacing, origin, direction } = expression.grid;
    const cotangent = imageFromArray(noise(size).voxels.data, { size, spacing, origin, direction });
    // A translation leaves all voxels as they are: no sum of theirs depends on it.
    expect((await vjp(expression, cotangent, { wrt: { shift } })).shift).toBe(0);
  });
  it("may have been rounded by a file", async () => {
    const expression = pipe(image, rotate("z", 20));
    const rounded = { ...image.grid, origin: [-3.0001, 4, 50] as const };
    const [exact] = await vjp(expression, image, { wrt: [image], backend: reference });
    const [near] = await vjp(expression, { ...image, grid: rounded }, { wrt: [image], backend: reference });
    expect(near.voxels.data).toEqual(exact.voxels.data);
  });
  it.each([
    ["of another size", noise([6, 5, 3]), /the cotangent is of 6×5×3 with 1 channel\(s\) and the expression of 6×5×4/],
    ["of other channels", noise([6, 5, 4], 2), /of 6×5×4 with 2 channel\(s\) and the expression of 6×5×4 with 1/],
    ["without its place", imageFromArray(image.voxels.data, { size: [6, 5, 4] }), /elsewhere .* expression\.grid/],
  ])("%s is refused", async (_, cotangent, message) => {
    await expect(vjp(rotate("z", 5)(image), cotangent, { wrt: [image] })).rejects.toMatchObject({
      error: { kind: "InvalidDocument", errors: [expect.stringMatching(message)] },
    });
  });
  it("does not hide what is wrong with the expression", async () => {
    await expect(vjp(crop([9, 9, 9], [1, 1, 1])(image), image, { wrt: [image] })).rejects.toThrow(/step 1 \(crop\)/);
  });
});

it("what has been computed stands where it is, and is not moved by a parameter of the name of one that moved it", async () => {
  const shiftedBy = (mm: number) => translate("x", param("shift", mm))(image);
  const computed = await evaluate(shiftedBy(2));
  const { size, spacing, origin, direction } = computed.grid;
  expect(computed.grid).toEqual({ size, spacing, origin, direction });
  const shift = param("shift", 1.2);
  const slopeTo = async (target: MedImage) =>
    (await valueAndGradient(pipe(shiftedBy(1.2), resampleToImage(target), mse(target)), { wrt: { shift } })).gradient
      .shift;
  const wanted = await slopeTo(await evaluate(translate("x", 2)(image)));
  expect(Math.abs(wanted)).toBeGreaterThan(1e-3);
  expect(await slopeTo(computed)).toBe(wanted);
  expect(await slopeTo(imageFromArray(computed.voxels.data, shiftedBy(2).grid))).toBe(wanted);
});

describe("channels", () => {
  const [two, three] = [noise([6, 5, 4], 2), noise([6, 5, 4], 3)];
  it.each([
    ["weightedSum", weightedSum(three)],
    ["mse", mse(three)],
    ["mse under a mask", mse(image, { mask: three })],
    ["ncc", ncc(three)],
    ["lncc", lncc(three)],
    ["mutualInformation", mutualInformation(three)],
  ])("of several numbers are no loss: %s", async (_, loss) => {
    await expect(valueOfLoss(loss(two))).rejects.toThrow(
      /step 1 \(loss\): it looks at images of 2, .*channels together/,
    );
  });
  it("are compared with one each", async () => {
    const twice = imageFromArray(
      Float64Array.from([...image.voxels.data, ...image.voxels.data].map(Number)),
      image.grid,
      {
        channels: 2,
      },
    );
    expect(await valueOfLoss(mse(image)(twice), { backend: reference })).toBe(0);
  });
});
