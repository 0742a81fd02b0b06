/** Random deformations and bias fields: drawn by the seed, replayed from their steps, and points go where voxels go. */
import { isRight } from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import {
  augment,
  evaluateSubject,
  randomAffine,
  randomBias,
  randomBlur,
  randomElastic,
  sequence,
  subject,
} from "../../src/augment/index.ts";
import {
  evaluate,
  explain,
  fromJSON,
  gridOf,
  imageFromArray,
  labelImage,
  type MedImage,
  phantom,
  pointAt,
  reference,
  resampleToImage,
  toJSON,
  type Vector3,
  voxelsOf,
  wasm,
} from "../../src/index.ts";

const mr = phantom({ kind: "mr", size: [24, 22, 20] });
const numbers = (image: MedImage): readonly number[] => Array.from(image.voxels.data as ArrayLike<number>, Number);
const bend = sequence(
  randomElastic({ displacement: [2, 5], mesh: [3, 2, 4] }),
  randomAffine({ rotate: [-15, 15], translate: [-4, 4] }),
  randomElastic({ displacement: [0, 3] }),
);

describe("random deformations", () => {
  test("are what the seed says, and one pass over the image", async () => {
    const [one, again, other] = [7, 7, 8].map((seed) => augment(bend)(seed)(mr));
    if (one === undefined || again === undefined || other === undefined) throw new Error("none");
    expect(toJSON(again)).toEqual(toJSON(one));
    expect(toJSON(other)).not.toEqual(toJSON(one));
    expect(explain(one)).toMatch(/^1 pass, displaced by 6 components/);
    expect(numbers(await evaluate(one, { backend: wasm, threads: 1 }))).toEqual(
      numbers(await evaluate(again, { backend: wasm, threads: 2 })),
    );
  });

  test("are replayed from their steps, to the same bits", async () => {
    const drawn = augment(sequence(bend, randomBias({ strength: [0.1, 0.5] }), randomBlur({ sigma: [0.5, 2] })))(3)(mr);
    const read = fromJSON(JSON.parse(JSON.stringify(toJSON(drawn))));
    if (!isRight(read)) throw new Error("refused");
    expect(numbers(await evaluate(read.right(mr)))).toEqual(numbers(await evaluate(drawn)));
  });

  test("stay within what was asked, over the whole image", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { steps } = augment(
        randomElastic({
          displacement: [
            [0, 0],
            [1, 2],
            [4, 4],
          ] as const,
          mesh: 2,
        }),
      )(seed)(mr);
      const [step] = steps;
      if (step?.op !== "displace") throw new Error("no displacement");
      const data = step.vectors.voxels.data as Float32Array;
      const largest = [0, 1, 2].map((k) => Math.max(...data.slice(125 * k, 125 * (k + 1)).map(Math.abs)));
      expect(largest[0]).toBe(0);
      expect(largest[1]).toBeLessThanOrEqual(2);
      expect(largest[2]).toBeGreaterThan(3);
      expect(largest[2]).toBeLessThanOrEqual(4);
    }
    expect(() => randomElastic({ displacement: [0, 1], mesh: 0 })).toThrow("whole numbers from 1");
  });

  test("move points to where the voxels go, to 1e-6 mm", async () => {
    // The voxels of this image are their own places, which linear interpolation gives exactly.
    const { grid } = mr;
    const count = grid.size[0] * grid.size[1] * grid.size[2];
    const places = new Float64Array(3 * count);
    for (let i = 0; i < count; i++) {
      const [nx, ny] = grid.size;
      pointAt(grid, [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))]).forEach((c, k) => {
        places[k * count + i] = c;
      });
    }
    const place = imageFromArray(places, grid, { channels: 3 });
    const landmarks: readonly Vector3[] = [
      [8, 9, 10],
      [12.3, 11.1, 7.7],
      [15, 8, 12],
    ].map((index) => pointAt(grid, index as unknown as Vector3));
    for (let seed = 0; seed < 10; seed++) {
      const moved = augment(bend)(seed)(subject({ place, landmarks }));
      for (const [k, q] of moved.parts.landmarks.entries()) {
        const there = resampleToImage(gridOf([1, 1, 1], { origin: q }), { interpolation: "linear" })(moved.parts.place);
        const found = numbers(await evaluate({ ...there, storage: place.voxels }, { backend: reference }));
        for (const [axis, due] of landmarks[k]?.entries() ?? [])
          expect(Math.abs((found[axis] ?? 0) - due)).toBeLessThan(1e-6);
      }
    }
  });

  test("keep a label on the image that it was painted from", async () => {
    const paint = (image: MedImage): Uint8Array => Uint8Array.from(numbers(image), (v) => (v > 300 ? 1 : 0));
    const seg = labelImage({ voxels: voxelsOf(paint(mr)), grid: mr.grid });
    const nearest = { interpolation: "nearest", fill: 0 } as const;
    const bent = augment(
      sequence(randomElastic({ displacement: [3, 3] }, nearest), randomAffine({ rotate: [-9, 9] }, nearest)),
    );
    for (let seed = 0; seed < 5; seed++) {
      const both = await evaluateSubject(bent(seed)(subject({ mr, seg })), { backend: wasm });
      expect(Array.from(both.seg.voxels.data as Uint8Array)).toEqual(Array.from(paint(both.mr)));
    }
  });

  test("bias changes values by at most what was asked, and no label", async () => {
    const flat = imageFromArray(new Float32Array(1000).fill(100), { size: [10, 10, 10] });
    for (let seed = 0; seed < 5; seed++) {
      const values = numbers(await evaluate(augment(randomBias({ strength: [0.5, 0.5], mesh: 2 }))(seed)(flat)));
      expect(Math.max(...values)).toBeLessThanOrEqual(100 * Math.exp(0.5));
      expect(Math.min(...values)).toBeGreaterThanOrEqual(100 / Math.exp(0.5));
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(5);
    }
    const seg = labelImage({ voxels: voxelsOf(new Uint8Array(1000)), grid: flat.grid });
    expect(augment(randomBias({ strength: [1, 1] }))(1)(subject({ flat, seg })).parts.seg.steps).toEqual([]);
  });
});
