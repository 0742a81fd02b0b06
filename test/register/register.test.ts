/** Registration finds movements that are known: on a phantom, and on real scans of ../shared. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { draw, errorsOf, type Kind, moved, noise } from "../../bench/registration/draws.ts";
import { affineOf, compose, transformPoint, translation } from "../../compiler/language/affine.ts";
import { centreOf } from "../../compiler/language/grid.ts";
import { norm, product, rotation3, subtract, type Vector3, vector, zero3 } from "../../compiler/language/vector.ts";
import {
  affine,
  asKind,
  crop,
  evaluate,
  gamma,
  imageFromArray,
  loadImage,
  type MedImage,
  pipe,
  reference,
  rescale,
  sameGrid,
  transform,
  translate,
  wasm,
} from "../../src/index.ts";
import { affineMap } from "../../src/ops/affine.ts";
import { phantom } from "../../src/phantom/index.ts";
import { type Iteration, pointMapOf, type RegisterOptions, register, transformOf } from "../../src/register/index.ts";

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
const scaled = (v: Vector3, by: number): Vector3 => vector((k) => v[k] * by);
const mr = phantom({ kind: "mr", size: [48, 48, 40] });
const known = { rotate: [6, -9, 7], translate: [9, -7, 5], scale: [1, 1, 1] } as const;

describe("on a phantom", () => {
  test("the three forms of the result say the same", async () => {
    const { moving, truth } = await moved(mr, known);
    const found = await register(mr, moving, { backend: wasm });
    expect(found.transform.kind).toBe("rigid");
    expect(found.transform.center).toEqual(centreOf(mr.grid));
    expect(mean(errorsOf(found.transform, truth, mr.grid))).toBeLessThan(0.05);
    // Points go from fixed to moving, content from moving to fixed.
    const point = [20, -30, 40] as const;
    const there = transformPoint(pointMapOf(found.transform), point);
    const back = transformPoint(affineOf<"world", "world">(found.content.matrix, found.content.offset), there);
    expect(norm(subtract(back, point))).toBeLessThan(1e-9);
    // By name they are the numbers of the operation `affine` about the centre of the fixed grid.
    const by = found.parameters;
    const named = affineMap(
      {
        rotate: [by.rotateX, by.rotateY, by.rotateZ],
        scale: [by.scaleX, by.scaleY, by.scaleZ],
        shear: [by.shearXY, by.shearXZ, by.shearYZ],
        translate: [by.translateX, by.translateY, by.translateZ],
      },
      { at: centreOf(mr.grid) },
    );
    expect(norm(subtract(transformPoint(named, there), point))).toBeLessThan(1e-9);
    expect(Math.abs(by.scaleX * by.scaleY * by.scaleZ - 1)).toBeLessThan(1e-9);
    const [brought, byContent] = [
      await evaluate(pipe(moving, found.operation)),
      await evaluate(pipe(moving, transform(found.content))),
    ];
    expect(sameGrid(brought.grid, mr.grid)).toBe(true);
    expect(brought.voxels.data).toEqual(byContent.voxels.data);
    const labels = asKind("label", imageFromArray(new Uint8Array(48 * 48 * 40).fill(3), mr.grid));
    const carried = await evaluate(pipe(labels, found.operation));
    expect(new Set(Array.from(carried.voxels.data, Number))).toEqual(new Set([0, 3]));
  });

  test("its history tells every level from the coarsest, and values that fall", async () => {
    const { moving } = await moved(mr, known);
    const told: Iteration[] = [];
    const { history, levels, value } = await register(mr, moving, {
      backend: wasm,
      pyramid: [2, 1],
      onIteration: (iteration) => told.push(iteration),
    });
    expect(told).toEqual(history);
    expect(levels.map(({ shrinkFactor }) => shrinkFactor)).toEqual([2, 1]);
    expect(levels.map(({ iterations }) => iterations)).toEqual(
      [0, 1].map((level) => history.filter((iteration) => iteration.level === level).length),
    );
    const fine = history.filter(({ level }) => level === 1);
    for (let k = 1; k < fine.length; k++) expect(fine[k]?.value).toBeLessThan(fine[k - 1]?.value ?? 0);
    expect(value).toBe(fine.at(-1)?.value);
    expect(history[1]?.step).toBeGreaterThan(0);
  });

  test.each<readonly [string, RegisterOptions, number]>([
    ["translation", { transform: "translation" }, 0.05],
    ["similarity", { transform: "similarity" }, 0.05],
    ["adam", { optimizer: "adam" }, 0.1],
    ["regular-step", { optimizer: { kind: "regular-step", firstStep: 2 } }, 0.1],
    ["ncc, whatever the brightness", { metric: "ncc" }, 0.05],
    ["mutual information, whatever the contrast", { metric: "mi" }, 0.1],
    ["centres of mass", { initial: "mass" }, 0.05],
    ["from a transform that is known", { initial: transformOf(affineOf(rotation3([0, 0, 1], 5), [5, -5, 5])) }, 0.05],
  ])("%s", async (name, options, most) => {
    const movement = {
      ...known,
      ...(name === "translation" ? { rotate: zero3 } : {}),
      ...(name === "similarity" ? { scale: [1.06, 1.06, 1.06] as const } : {}),
    };
    const { moving, truth } = await moved(mr, movement);
    const seen =
      options.metric === "ncc"
        ? await evaluate(pipe(moving, rescale(-2, 300)))
        : options.metric === "mi"
          ? await evaluate(pipe(moving, rescale(0.001), gamma(0.5)))
          : moving;
    const opposite = options.metric === "ncc" ? await evaluate(pipe(seen, rescale(-1))) : seen;
    const { transform: found } = await register(mr, opposite, options);
    expect(mean(errorsOf(found, truth, mr.grid))).toBeLessThan(most);
  });

  test("images that do not lie on each other are laid on each other, and it is said how", async () => {
    const { moving, truth } = await moved(mr, known);
    const far = await evaluate(pipe(moving, translate("x", 400), translate("z", -700)));
    const { transform: found, start } = await register(mr, far, { backend: wasm, pyramid: [2, 1] });
    expect(["geometry", "mass"]).toContain(start);
    const due = transformOf(compose(translation<"world">([400, 0, -700]), pointMapOf(truth)), zero3, "rigid");
    expect(mean(errorsOf(found, due, mr.grid))).toBeLessThan(0.05);
    await expect(register(mr, far, { backend: wasm, initial: "identity" })).rejects.toMatchObject({
      error: {
        kind: "UnsupportedVoxels",
        reason: expect.stringMatching(/by initial: "identity", the images do not lie on each other/),
        remedy: expect.stringContaining('"geometry"'),
      },
    });
    const off = transformOf(affineOf(rotation3([0, 0, 1], 5), [-2000, 0, 0]));
    await expect(register(mr, mr, { backend: wasm, initial: off })).rejects.toThrow(
      /by the initial transform, the images do not lie on each other/,
    );
    expect((await register(mr, mr, { backend: wasm, pyramid: [3] })).start).toBe("identity");
  });

  test("moments bring together what is far apart and lies on its side", async () => {
    const [head, centre] = [await evaluate(crop([4, 4, 4], [40, 40, 32])(mr)), centreOf(mr.grid)];
    const turn = rotation3([0, 0, 1], 70);
    const moving = await evaluate(pipe(head, affine({ rotate: [0, 0, 70], center: centre })));
    const { transform: found } = await register(head, moving, { initial: "moments", backend: wasm, pyramid: [2, 1] });
    found.matrix.forEach((entry, k) => {
      expect(entry).toBeCloseTo(turn[k] ?? 0, 1);
    });
  });

  test("a mask says what counts", async () => {
    const { moving, truth } = await moved(mr, { ...known, rotate: [0, 0, 0] });
    // Whatever lies in the front half of the moving image is spoilt, and masked away in the fixed one.
    const [width, height, depth] = mr.grid.size;
    const front = (i: number): boolean => Math.floor(i / width) % height < height / 2;
    const spoilt = imageFromArray(
      Float32Array.from(Array.from(moving.voxels.data, Number), (v, i) => (front(i) ? 0 : v)),
      moving.grid,
    );
    const mask = imageFromArray(
      Uint8Array.from({ length: width * height * depth }, (_, i) =>
        Math.floor(i / width) % height > height / 2 + 4 ? 1 : 0,
      ),
      mr.grid,
    );
    const options = { transform: "translation", backend: wasm, pyramid: [2, 1] } as const;
    const without = await register(mr, spoilt, options);
    const within = await register(mr, spoilt, { ...options, mask });
    expect(mean(errorsOf(within.transform, truth, mr.grid))).toBeLessThan(0.05);
    expect(mean(errorsOf(without.transform, truth, mr.grid))).toBeGreaterThan(0.1);
  });

  test("the backends agree", async () => {
    const { moving } = await moved(mr, known);
    const options = { pyramid: [3] } as const;
    const [a, b] = [
      await register(mr, moving, { ...options, backend: reference }),
      await register(mr, moving, { ...options, backend: wasm }),
    ];
    expect(Math.max(...errorsOf(a.transform, b.transform, mr.grid))).toBeLessThan(0.01);
  });

  test.each(["similarity", "affine"] as const)(
    "%s of a single slice, whose thickness nothing scales",
    async (transform) => {
      const slice = await evaluate(crop([0, 0, 20], [48, 48, 1])(mr));
      const moving = await evaluate(affine({ rotate: [0, 0, 5], translate: [4, -3, 0] }, { fill: 0 })(slice));
      const { parameters } = await register(slice, moving, { transform, backend: wasm });
      expect(Math.abs(parameters.rotateZ + 5)).toBeLessThan(0.3);
    },
  );

  test("what cannot be is refused", async () => {
    const data = Float32Array.from(mr.voxels.data, Number);
    data[1234] = Number.NaN;
    await expect(register(mr, imageFromArray(data, mr.grid))).rejects.toThrow(
      "1 voxel(s) of the moving image are NaN or infinite, and with them all that is compared; replace them before",
    );
    await expect(register(mr, mr, { pyramid: [0] })).rejects.toMatchObject({ error: { kind: "InvalidDocument" } });
    await expect(register(mr, crop([0, 0, 0], [99, 1, 1])(mr))).rejects.toMatchObject({
      error: { kind: "InvalidPipeline" },
    });
    const flat = imageFromArray(new Float32Array(48 * 48 * 40), mr.grid);
    for (const metric of ["mse", "ncc", "mi"] as const) {
      await expect(register(flat, mr, { metric })).rejects.toThrow(/nothing to compare/);
      await expect(register(mr, flat, { metric })).rejects.toThrow(/nothing to compare/);
    }
    const stop = new AbortController();
    const stopped = register(mr, mr, { backend: wasm, signal: stop.signal, onIteration: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ error: { kind: "Aborted" } });
  });
});

const data = (path: string): string => fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
const isHere = existsSync(data("nifti/avg152T1_LR_nifti.nii.gz"));

describe.skipIf(!isHere)("on real scans", () => {
  /**
   * The three scans of this patient share a frame of reference, but not a posture: each pair has an optimum of its own,
   * a few mm from where they lie. A movement on top of that has to be found again.
   */
  test.each([
    ["PET onto CT", "CT", "PET"],
    ["CT onto MR", "MR_T1", "CT"],
  ])("%s, by mutual information: under 1 voxel of the coarser image", async (_, fixedName, movingName) => {
    const load = (name: string): Promise<MedImage<"intensity">> => loadImage(data(`nifti/sts002/${name}_image.nii.gz`));
    const [fixed, moving] = [await load(fixedName), await load(movingName)];
    const options = { metric: "mi", initial: "identity" } as const;
    const still = await register(fixed, moving, options);
    const next = noise(5);
    for (let k = 0; k < 2; k++) {
      const { rotate, translate } = draw("rigid", next);
      const half = { rotate: scaled(rotate, 0.5), translate: scaled(translate, 0.5), scale: [1, 1, 1] } as const;
      const { moving: away, truth } = await moved(moving, half);
      const found = await register(fixed, away, options);
      const expected = transformOf(compose(pointMapOf(truth), pointMapOf(still.transform)), zero3, "rigid");
      const coarser = [fixed.grid, moving.grid].reduce((a, b) => (product(a.spacing) > product(b.spacing) ? a : b));
      expect(mean(errorsOf(found.transform, expected, fixed.grid, coarser))).toBeLessThan(1);
    }
  });

  const scans = ["nifti/avg152T1_LR_nifti.nii.gz", "nifti/sts002/CT_image.nii.gz"];
  const kinds: readonly Kind[] = ["rigid", "affine"];
  test.each(scans.flatMap((scan) => kinds.map((kind) => [scan, kind] as const)))(
    "%s, moved by random %s transforms: under 0.1 voxel in the mean and 0.5 at worst",
    async (path, kind) => {
      const scan: MedImage<"intensity"> = await loadImage(data(path));
      const next = noise(20);
      const errors: number[] = [];
      for (let k = 0; k < 3; k++) {
        const { moving, truth } = await moved(scan, draw(kind, next));
        errors.push(
          ...errorsOf((await register(scan, moving, { transform: kind, backend: wasm })).transform, truth, scan.grid),
        );
      }
      expect(mean(errors)).toBeLessThan(0.1);
      expect(Math.max(...errors)).toBeLessThan(0.5);
    },
  );
});
