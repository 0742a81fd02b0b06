/** The parts of a registration, each alone: optimisers, models, pyramid, moments. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { transformPoint } from "../../compiler/language/affine.ts";
import { centreOf, corners, gridOf, pointAt } from "../../compiler/language/grid.ts";
import {
  determinant3,
  diagonal,
  multiply3,
  norm,
  rotation3,
  subtract,
  transpose3,
} from "../../compiler/language/vector.ts";
import { evaluate, imageFromArray, pipe, resampleToImage, rotate, wasm } from "../../src/index.ts";
import { affineMap } from "../../src/ops/affine.ts";
import { modelOf } from "../../src/register/model.ts";
import { momentsOf, principalAxes } from "../../src/register/moments.ts";
import { movementOf } from "../../src/register/movement.ts";
import { descend, optimizerNames } from "../../src/register/optimizers/index.ts";
import type { Evaluation, Step } from "../../src/register/optimizers/optimizer.ts";
import { defaultPyramid, reducedTo } from "../../src/register/pyramid.ts";
import { transformKinds } from "../../src/transform.ts";

describe("optimisers find the lowest point", () => {
  /** A valley with axes of lengths 1 to 30, lowest at (1, −2, 3). */
  const bowl = async (p: readonly number[]): Promise<Evaluation> => {
    const off = p.map((x, k) => x - ([1, -2, 3][k] ?? 0));
    const steep = [1, 5, 30];
    return {
      value: 0.5 * off.reduce((sum, x, k) => sum + (steep[k] ?? 0) * x * x, 0),
      gradient: off.map((x, k) => (steep[k] ?? 0) * x),
    };
  };
  test.each(optimizerNames)("%s, in a bowl", async (kind) => {
    const steps: Step[] = [];
    const { position, value } = await descend(
      { objective: bowl, start: [0, 0, 0], voxel: 1, onStep: (step) => steps.push(step) },
      { kind, iterations: 500, minimumStep: 1e-4, valueTolerance: 0 },
    );
    expect(Math.hypot(...[1, -2, 3].map((x, k) => x - (position[k] ?? 0)))).toBeLessThan(0.01);
    expect(value).toBe(Math.min(...steps.map((step) => step.value)));
    expect(steps[0]?.position).toEqual([0, 0, 0]);
  });

  test("L-BFGS goes round the bend of Rosenbrock's valley", async () => {
    let evaluations = 0;
    const valley = async ([x = 0, y = 0]: readonly number[]): Promise<Evaluation> => {
      evaluations++;
      return {
        value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        gradient: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
      };
    };
    const { position, stop } = await descend(
      { objective: valley, start: [-1.2, 1], voxel: 1, onStep: () => {} },
      { kind: "lbfgs", iterations: 200, minimumStep: 1e-7, valueTolerance: 0 },
    );
    expect(Math.hypot((position[0] ?? 0) - 1, (position[1] ?? 0) - 1)).toBeLessThan(1e-4);
    expect(stop).toBe("step");
    expect(evaluations).toBeLessThan(120);
  });

  test.each(optimizerNames)("%s stops where nothing can be compared", async (kind) => {
    const nothing = async (p: readonly number[]): Promise<Evaluation> => ({
      value: Number.POSITIVE_INFINITY,
      gradient: p.map(() => 0),
    });
    const { position } = await descend(
      { objective: nothing, start: [0], voxel: 1, onStep: () => {} },
      { kind, iterations: 50 },
    );
    expect(position).toEqual([0]);
  });
});

describe("models", () => {
  const grid = gridOf([40, 30, 20], {
    spacing: [1, 1.5, 3],
    origin: [-7, 20, 300],
    direction: rotation3([1, 2, 3], 30),
  });

  test.each(transformKinds)("%s: a unit along any parameter moves the corners by 1 mm", (kind) => {
    const model = modelOf(kind, grid, centreOf(grid));
    expect(model.dimension).toBe({ translation: 3, rigid: 6, similarity: 7, affine: 12 }[kind]);
    const still = new Array<number>(model.dimension).fill(0);
    const points = corners(grid).map((index) => pointAt(grid, index));
    for (const point of points)
      expect(norm(subtract(transformPoint(model.mapAt(still), point), point))).toBeLessThan(1e-9);
    for (let k = 0; k < model.dimension; k++) {
      const map = model.mapAt(still.map((_, j) => (j === k ? 0.01 : 0)));
      const squares = points.map((point) => norm(subtract(transformPoint(map, point), point)) ** 2);
      expect(Math.sqrt(squares.reduce((a, b) => a + b) / 8)).toBeCloseTo(0.01, 5);
    }
  });

  test("a rigid model turns and does not stretch, a similarity stretches alike", () => {
    const position = [9, -5, 4, 2, 6, -3, 1];
    const { linear: rigid } = modelOf("rigid", grid, centreOf(grid)).mapAt(position.slice(0, 6));
    multiply3(rigid, transpose3(rigid)).forEach((entry, k) => {
      expect(entry).toBeCloseTo(k % 4 === 0 ? 1 : 0, 12);
    });
    const { linear } = modelOf("similarity", grid, centreOf(grid)).mapAt(position);
    const product = multiply3(linear, transpose3(linear));
    product.forEach((entry, k) => {
      expect(entry).toBeCloseTo(k % 4 === 0 ? product[0] : 0, 12);
    });
  });
});

describe("movements by name", () => {
  const three = (least: number, most: number) => {
    const one = fc.double({ min: least, max: most, noNaN: true });
    return fc.tuple(one, one, one);
  };

  test("are the numbers that make the map, as `affine` takes them", () => {
    fc.assert(
      fc.property(three(-89, 89), three(0.2, 4), three(-2, 2), three(-50, 50), (rotate, scale, shear, translate) => {
        const center = [10, -20, 30] as const;
        const found = movementOf(affineMap({ rotate, scale, shear, translate }, { at: center }), center);
        const due = [...rotate, ...scale, ...shear, ...translate];
        Object.values(found).forEach((number, k) => {
          expect(number).toBeCloseTo(due[k] ?? Number.NaN, 8);
        });
      }),
      { seed: 4 },
    );
  });

  test("make the map where it mirrors, and where a turn of 90° leaves two angles one", () => {
    const mirrors = affineMap({ rotate: [10, 20, 30], scale: [-1, 1, 1.5] }, { at: [0, 0, 0] });
    const upright = affineMap({ rotate: [25, 90, 40], shear: [0.1, 0, 0] }, { at: [0, 0, 0] });
    for (const map of [mirrors, upright]) {
      const { rotateX, rotateY, rotateZ, scaleX, scaleY, scaleZ, ...rest } = movementOf(map, [0, 0, 0]);
      const again = affineMap(
        {
          rotate: [rotateX, rotateY, rotateZ],
          scale: [scaleX, scaleY, scaleZ],
          shear: [rest.shearXY, rest.shearXZ, rest.shearYZ],
        },
        { at: [0, 0, 0] },
      );
      again.linear.forEach((entry, k) => {
        expect(entry).toBeCloseTo(map.linear[k] ?? Number.NaN, 12);
      });
    }
    expect(movementOf(mirrors, [0, 0, 0]).scaleZ).toBeCloseTo(-1.5, 12);
  });
});

describe("the pyramid", () => {
  test("halving is the mean of 2×2×2 voxels, and keeps the outer edge", async () => {
    const size = [24, 26, 25] as const;
    const data = Float32Array.from({ length: 24 * 26 * 25 }, (_, i) => (i * 7919) % 1000);
    const image = imageFromArray(data, { size: [...size], spacing: [1, 1, 1] });
    const half = await reducedTo(image, 2, { backend: wasm });
    expect(half.grid.size).toEqual([12, 13, 12]);
    expect(half.grid.spacing).toEqual([2, 2, 2]);
    expect(half.grid.origin).toEqual([0.5, 0.5, 0.5]);
    const at = (x: number, y: number, z: number): number => data[x + 24 * (y + 26 * z)] ?? Number.NaN;
    for (const [x, y, z] of [
      [0, 0, 0],
      [11, 12, 11],
      [5, 7, 3],
    ] as const) {
      let sum = 0;
      for (let k = 0; k < 8; k++) sum += at(2 * x + (k & 1), 2 * y + ((k >> 1) & 1), 2 * z + (k >> 2));
      expect(Number(half.voxels.data[x + 12 * (y + 13 * z)])).toBeCloseTo(sum / 8, 3);
    }
  });

  test("coarse axes are left alone until the others are as coarse, and short ones altogether", async () => {
    const image = imageFromArray(new Uint8Array(64 * 64 * 20), { size: [64, 64, 20], spacing: [1, 1, 4] });
    expect((await reducedTo(image, 2, { backend: wasm })).grid.spacing).toEqual([2, 2, 4]);
    expect((await reducedTo(image, 4, { backend: wasm })).grid.size).toEqual([16, 16, 20]);
    expect((await reducedTo(image, 8, { backend: wasm })).grid.size).toEqual([16, 16, 20]);
    expect(defaultPyramid(gridOf([128, 128, 128]))).toEqual([8, 4, 2, 1]);
    expect(defaultPyramid(gridOf([20, 20, 20]))).toEqual([1]);
  });
});

describe("moments", () => {
  test("principal axes are those of an ellipsoid, widest first, and right-handed", () => {
    const turn = rotation3([3, -1, 2], 50);
    const spread = multiply3(multiply3(turn, diagonal([2, 9, 4])), transpose3(turn));
    const found = principalAxes(spread);
    expect(determinant3(found)).toBeCloseTo(1, 12);
    const along = multiply3(multiply3(transpose3(found), spread), found);
    [9, 0, 0, 0, 4, 0, 0, 0, 2].forEach((entry, k) => {
      expect(along[k]).toBeCloseTo(entry, 9);
    });
  });

  test("the centre of mass is where the mass is, in the world, over the lowest value", async () => {
    const data = new Float32Array(1000).fill(-1000);
    data[3 + 10 * (4 + 10 * 5)] = 0;
    const grid = gridOf([10, 10, 10], { spacing: [2, 2, 2], origin: [5, 6, 7] });
    expect(momentsOf(imageFromArray(data, grid))?.centre).toEqual([11, 14, 17]);
    const moved = await evaluate(pipe(imageFromArray(data, grid), rotate("z", 90), resampleToImage(grid)));
    expect(momentsOf(moved)?.centre[2]).toBeCloseTo(17, 6);
    expect(momentsOf(imageFromArray(new Float32Array(8), { size: [2, 2, 2] }))).toBeUndefined();
  });
});
