/** Displacements as people use them, judged by scipy and numpy (see fixtures/make_displacements.py). */
import { readFileSync } from "node:fs";
import { isRight } from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import {
  affine,
  biasField,
  controlGrid,
  displace,
  displaceBySpline,
  displacementField,
  evaluate,
  explain,
  flip,
  fromJSON,
  type Grid,
  type Interpolator,
  imageFromArray,
  invertDisplacement,
  jacobianDeterminant,
  labelImage,
  type MedImage,
  pipe,
  reference,
  rotate,
  toJSON,
  voxelsOf,
  wasm,
} from "../src/index.ts";
import type { SamplingFill } from "../src/step.ts";

interface Fixture extends Grid {
  readonly image: readonly number[];
  readonly vectors: readonly number[];
  readonly mesh: readonly [number, number, number];
  readonly control: readonly number[];
  readonly spline: readonly number[];
  readonly cases: readonly {
    readonly by: "vectors" | "control points";
    readonly interpolation: Interpolator;
    readonly fill: SamplingFill;
    readonly values: readonly number[];
  }[];
  readonly gentle: readonly number[];
  readonly inner: readonly number[];
  readonly inverse: readonly (readonly [number, number, number])[];
  readonly determinant: readonly number[];
}
const fixture: Fixture = JSON.parse(readFileSync(new URL("fixtures/displacements.json", import.meta.url), "utf8"));
const { size, spacing, origin, direction } = fixture;
const grid = { size, spacing, origin, direction };
const count = size[0] * size[1] * size[2];
const image = imageFromArray(Float64Array.from(fixture.image), grid);
const three = (values: readonly number[], on: Grid): MedImage<"intensity"> =>
  imageFromArray(Float32Array.from(values), on, { channels: 3 });
const vectors = three(fixture.vectors, grid);
const control = three(fixture.control, controlGrid(grid, fixture.mesh));
const gentle = three(fixture.gentle, grid);
const numbers = (of: MedImage): readonly number[] => Array.from(of.voxels.data as ArrayLike<number>, Number);
const near = (found: readonly number[], due: readonly number[], within: number): void => {
  expect(found.length).toBe(due.length);
  const wrong = found.findIndex((value, k) => !(Math.abs(value - (due[k] ?? Number.NaN)) <= within));
  if (wrong >= 0) throw new Error(`number ${wrong} is ${found[wrong]} instead of ${due[wrong]}`);
};

describe("displaced images are those of scipy", () => {
  test.each(fixture.cases)("by $by, $interpolation, $fill", async ({ by, interpolation, fill, values }) => {
    const options = { interpolation, fill };
    const move = by === "vectors" ? displace(vectors, options) : displaceBySpline(control, options);
    near(numbers(await evaluate(move(image), { backend: reference })), values, 1e-5 * 400);
    near(numbers(await evaluate(move(image), { backend: wasm })), values, 5e-5 * 400);
  });

  test("the vectors of control points", async () => {
    near(numbers(await evaluate(displacementField(control, image), { backend: reference })), fixture.spline, 1e-6);
    near(numbers(await evaluate(displacementField(control, image), { backend: wasm })), fixture.spline, 1e-5);
  });
});

describe("a displacement", () => {
  test("is inverted as a solver of equations does", async () => {
    const { inverse, residual, iterations } = await invertDisplacement(gentle, { tolerance: 1e-6, iterations: 200 });
    expect(residual).toBeLessThanOrEqual(1e-6);
    expect(iterations).toBeLessThan(200);
    const found = numbers(inverse);
    fixture.inner.forEach((voxel, k) => {
      for (const c of [0, 1, 2] as const)
        expect(Math.abs((found[c * count + voxel] ?? 0) - (fixture.inverse[k]?.[c] ?? 0))).toBeLessThan(1e-4);
    });
  });

  test("that folds space has no inverse, and says so", async () => {
    const folding = three(
      fixture.gentle.map((v) => 20 * v),
      grid,
    );
    const { residual, iterations } = await invertDisplacement(folding, { iterations: 30 });
    expect(iterations).toBe(30);
    expect(residual).toBeGreaterThan(1e-3);
  });

  test("stretches by the determinant of its derivative", async () => {
    for (const backend of [reference, wasm]) {
      const found = numbers(await evaluate(jacobianDeterminant(gentle), { backend }));
      const inside = found.filter((_, k) => {
        const at = [k % size[0], Math.floor(k / size[0]) % size[1], Math.floor(k / (size[0] * size[1]))];
        return at.every((i, a) => i > 0 && i < (size[a] ?? 0) - 1);
      });
      near(inside, fixture.determinant, 1e-5);
    }
  });

  test("is said as data and read again, bit for bit", async () => {
    const moved = pipe(
      image,
      rotate("z", 12),
      displaceBySpline(control),
      displace(vectors),
      affine({ scale: [1.1, 1, 1] }),
    );
    const read = fromJSON(JSON.parse(JSON.stringify(toJSON(moved))));
    if (!isRight(read)) throw new Error("refused");
    expect(numbers(await evaluate(read.right(image)))).toEqual(numbers(await evaluate(moved)));
  });

  test("and what stands around it is one pass over the image", () => {
    const moved = pipe(image, rotate("z", 12), displaceBySpline(control), rotate("x", 5));
    expect(explain(moved)).toMatch(/^1 pass, displaced by 3 components\n/);
  });

  test("that is none is refused: channels, labels between classes", () => {
    expect(() => jacobianDeterminant(image)).toThrow("it takes three");
    const label = labelImage({ voxels: voxelsOf(new Uint8Array(count)), grid });
    expect(displace(vectors)(label).problems).toEqual([]);
    const asked = displace(vectors, { interpolation: "linear" }) as unknown as (of: MedImage) => {
      problems: unknown[];
    };
    expect(asked(label).problems).toHaveLength(1);
    expect(displace(image)(image).problems[0]?.reason).toContain("an image of 3 channels");
  });
});

describe("a bias field", () => {
  test("multiplies by the exponential of its spline, and moves with what it brightens", async () => {
    const lattice = controlGrid(grid, 2);
    const points = imageFromArray(
      Float32Array.from({ length: 125 }, (_, k) => Math.sin(k) / 2),
      lattice,
    );
    const spline = three([...points.voxels.data, ...points.voxels.data, ...points.voxels.data].map(Number), lattice);
    const logarithm = numbers(await evaluate(displacementField(spline, image), { backend: reference })).slice(0, count);
    const flat = imageFromArray(new Float32Array(count).fill(100), grid);
    for (const backend of [reference, wasm]) {
      const biased = await evaluate(biasField(points)(image), { backend });
      near(
        numbers(biased),
        fixture.image.map((v, k) => v * Math.exp(logarithm[k] ?? 0)),
        1e-3,
      );
      // Of a constant image all that varies is the field, which goes where the content goes.
      const turn = { interpolation: "linear", fill: "clamp" } as const;
      const bright = await evaluate(pipe(flat, biasField(points), rotate("z", 90, turn), rotate("z", 90, turn)), {
        backend,
      });
      const back = await evaluate(pipe(flat, biasField(points), flip("x"), flip("y")), { backend });
      near(numbers(bright), numbers(back), 1e-3);
      expect(Math.max(...numbers(bright)) - Math.min(...numbers(bright))).toBeGreaterThan(10);
    }
    expect(explain(pipe(image, biasField(points), rotate("z", 20)))).toMatch(/^1 pass\n/);
  });
});
