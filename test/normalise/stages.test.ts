/** What is measured is measured before, in stages; the pass stays one, and its structure whatever was measured. */
import { describe, expect, test } from "vitest";
import { countPasses } from "../../compiler/explain.ts";
import { showScalar } from "../../compiler/language/scalar.ts";
import {
  clipPercentiles,
  compile,
  evaluate,
  explain,
  fromJSON,
  histogramMatch,
  imageFromArray,
  type MedImage,
  minMax,
  mse,
  nyulApply,
  nyulTrain,
  param,
  phantom,
  pipe,
  reference,
  release,
  resampleToSpacing,
  rotate,
  type Source,
  settle,
  smooth,
  statistics,
  toJSON,
  translate,
  valueAndGradient,
  valueOfLoss,
  wasm,
  zScore,
} from "../../src/index.ts";
import { slopeOf, waves } from "../gradient/images.ts";

const image = waves(0.3);
const valuesOf = async (source: Source): Promise<readonly number[]> =>
  Array.from((await evaluate(source, { backend: reference })).voxels.data, Number);

describe("stages", () => {
  const chain = (of: Source<"intensity">) =>
    pipe(of, clipPercentiles(1, 99), zScore(), rotate("z", 5), smooth({ sigma: 0 }));

  test("resampling stays one pass, and explain says what is measured before", () => {
    expect(countPasses(compile(chain(image)).plan)).toMatchObject({ resampling: 1, prefilter: 0 });
    expect(explain(chain(image))).toContain(
      [
        "measured before:",
        "  stage 1: percentiles, 2 numbers from all 9×8×7 voxels, on the host, of the voxels there",
        "  stage 2: the mean, a number from all 9×8×7 voxels, by a pass of sums",
        "  stage 3: the variance, a number from all 9×8×7 voxels, by a pass of sums",
      ].join("\n"),
    );
  });

  test("plans have one structure, whatever is measured", async () => {
    const shape = async (of: MedImage<"intensity">): Promise<string> => {
      const [pass] = compile(await settle(chain(of))).plan.passes;
      return pass?.kind === "gather" ? showScalar(pass.body).replaceAll(/#\d+\.(\d)=[-\d.e]+/g, "#$1") : "";
    };
    expect(await shape(image)).toBe(await shape(waves(2)));
    expect(await shape(image)).toContain("the mean#0");
  });

  test("a settled expression is one like any other", async () => {
    expect(await valuesOf(await settle(chain(image), { backend: reference }))).toEqual(await valuesOf(chain(image)));
  });

  test("statistics are those of this point of the chain, and on its grid", async () => {
    const coarse = resampleToSpacing([2, 2, 3], { interpolation: "linear", fill: 0 });
    const { mean } = statistics(
      await evaluate(pipe(image, rotate("z", 30, { fill: 0 }), coarse, zScore()), { backend: reference }),
    );
    expect(mean).toBeCloseTo(0, 6);
  });
});

describe("what is odd", () => {
  const flat = imageFromArray(new Float32Array(8).fill(3), { size: [2, 2, 2] });

  test("an image of one value has nothing to divide by", async () => {
    expect(new Set(await valuesOf(pipe(flat, zScore())))).toEqual(new Set([0]));
    expect(new Set(await valuesOf(pipe(flat, minMax({ to: [4, 5] }))))).toEqual(new Set([4]));
    expect(new Set(await valuesOf(pipe(flat, histogramMatch({ values: [1, 7], shares: [0.5, 1] }))))).toEqual(
      new Set([7]),
    );
    await expect(nyulTrain([flat])).rejects.toThrow(/value 3 at every landmark/);
  });

  test("a mask that leaves nothing is an error with a remedy", async () => {
    for (const operation of [zScore({ mask: { above: 9 } }), minMax({ mask: { above: 9 } })])
      await expect(evaluate(pipe(flat, operation))).rejects.toMatchObject({
        error: { kind: "UnsupportedVoxels", remedy: "give a mask that leaves some" },
      });
  });

  test("not-a-number spreads, as in numpy, unless a mask leaves it out", async () => {
    const holed = imageFromArray(Float32Array.of(1, 2, 3, Number.NaN), { size: [4, 1, 1] });
    for (const operation of [minMax(), zScore(), clipPercentiles(1, 99)])
      for (const backend of [reference, wasm]) {
        const { data } = (await evaluate(pipe(holed, operation), { backend })).voxels;
        expect(Array.from(data, Number)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
      }
    const inside = imageFromArray(Uint8Array.of(1, 1, 1, 0), { size: [4, 1, 1] });
    expect((await valuesOf(pipe(holed, minMax({ mask: inside })))).slice(0, 3)).toEqual([0, 0.5, 1]);
    expect((await valuesOf(pipe(holed, zScore({ mask: inside })))).slice(0, 3).map((v) => v.toFixed(5))).toEqual([
      "-1.22474",
      "0.00000",
      "1.22474",
    ]);
  });

  test("what cannot be is refused with its step", async () => {
    const refused = [
      clipPercentiles(90, 10),
      minMax({ percentiles: [-1, 100] }),
      smooth({ sigma: -1 }),
      histogramMatch({ values: [1], shares: [1] }, { knots: 1 }),
    ];
    for (const operation of refused) expect(operation(flat).problems).toHaveLength(1);
    const mask = imageFromArray(new Uint8Array(16), { size: [2, 2, 2] }, { channels: 2 });
    expect(zScore({ mask })(flat).problems[0]?.reason).toBe("the mask has 2 channels and the image 1");
  });
});

test("masks lie where they lie in the world", async () => {
  const mask = imageFromArray(Uint8Array.of(1), { size: [1, 1, 1], spacing: [2, 1, 1], origin: [1.5, 0, 0] });
  const line = imageFromArray(Float32Array.of(5, 1, 3, 9), { size: [4, 1, 1] });
  expect(await valuesOf(pipe(line, minMax({ mask })))).toEqual([1, 0, 1, 1]);
});

test("pipeline files say them, and name the image of a mask", async () => {
  const mask = waves(1);
  const landmarks = await nyulTrain([image, waves(1)]);
  const written = pipe(
    image,
    zScore({ mask: "nonzero" }),
    minMax({ to: [0, 2], percentiles: [1, 90], mask: { above: 0 } }),
    nyulApply(landmarks),
    smooth({ fwhm: [1, 2, 3] }),
  );
  const text = JSON.stringify(toJSON(written));
  const read = fromJSON(JSON.parse(text));
  expect(read._tag === "Right" && JSON.stringify(toJSON(read.right(image)))).toBe(text);
  const named = fromJSON([{ op: "zScore", mask: { image: "brain.nii" } }], { masks: { "brain.nii": mask } });
  expect(named._tag === "Right" && (await valuesOf(named.right(image)))).toEqual(
    await valuesOf(pipe(image, zScore({ mask }))),
  );
  expect(named._tag === "Right" && toJSON(named.right(image)).steps).toEqual([
    { op: "zScore", mask: { image: "brain.nii" } },
  ]);
  expect(fromJSON([{ op: "zScore", mask: { image: "brain.nii" } }])).toMatchObject({
    left: { errors: ['step 1 (zScore): field "mask": the image "brain.nii" is not at hand'] },
  });
});

describe("parameters in front of what is measured", () => {
  const target = waves(1.1);
  const turned = (angle: number, shift: number) =>
    mse(target)(
      pipe(
        image,
        translate("x", param("shift", shift)),
        smooth({ sigma: 1 }),
        rotate("z", param("angle", angle), { interpolation: "linear", fill: "reflect" }),
        zScore(),
        clipPercentiles(20, 80),
        resampleToSpacing([1.5, 1, 2]),
      ),
    );
  test.each([reference, wasm])("$name", async (backend) => {
    const at = [17.3, 0.61] as const;
    const { gradient } = await valueAndGradient(turned(...at), {
      wrt: { angle: param("angle", at[0]), shift: param("shift", at[1]) },
      backend,
    });
    const options = { backend: reference };
    expect(gradient.angle).toBeCloseTo(await slopeOf((by) => valueOfLoss(turned(at[0] + by, at[1]), options), 1e-4), 4);
    expect(gradient.shift).toBeCloseTo(await slopeOf((by) => valueOfLoss(turned(at[0], at[1] + by), options), 1e-4), 4);
  });
});

test("a result's memory is not that of what was measured", async () => {
  const ct = phantom({ kind: "ct", size: [20, 20, 20] });
  const before = statistics(ct);
  release(await evaluate(pipe(ct, minMax())));
  expect(statistics(ct)).toEqual(before);
});
