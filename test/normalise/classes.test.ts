/** Class numbers as channels, and back. */
import { describe, expect, test } from "vitest";
import {
  argMax,
  evaluate,
  imageFromArray,
  labelImage,
  oneHot,
  phantom,
  pipe,
  reference,
  resampleToSpacing,
  rotate,
  type Source,
  sum,
  valueAndGradient,
  voxelsOf,
  wasm,
} from "../../src/index.ts";

const { grid } = imageFromArray(new Float32Array(6), { size: [3, 2, 1] });
const classes = labelImage({ voxels: voxelsOf(Uint8Array.of(0, 2, 1, 1, 3, 2)), grid });
const numbers = async (source: Source, backend = reference): Promise<readonly number[]> =>
  Array.from((await evaluate(source, { backend })).voxels.data, Number);

describe.each([reference, wasm])("$name", (backend) => {
  test("a channel for each class; what is none of them has none", async () => {
    const result = await evaluate(oneHot(3)(classes), { backend });
    expect(result.kind).toBe("intensity");
    expect(result.channels).toEqual({ components: "scalar", shape: [3] });
    expect(Array.from(result.voxels.data, Number)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test("the largest channel is the class again, also of voxels that were written in between", async () => {
    expect(await numbers(pipe(classes, oneHot(4), argMax), backend)).toEqual([0, 2, 1, 1, 3, 2]);
    expect(await numbers(argMax(await evaluate(oneHot(4)(classes), { backend })), backend)).toEqual([0, 2, 1, 1, 3, 2]);
  });

  test("what is interpolated in between are shares, and the largest wins", async () => {
    const labels = phantom({ kind: "labels", size: [24, 20, 16] });
    const shares = pipe(labels, oneHot(9), rotate("z", 20, { interpolation: "linear", fill: 0 }));
    const turned = await evaluate(shares, { backend });
    const voted = await evaluate(argMax(shares), { backend });
    expect(voted.kind).toBe("label");
    expect(voted.voxels.dtype).toBe("uint8");
    const { data } = turned.voxels;
    const n = voted.voxels.data.length;
    expect(data.length).toBe(9 * n);
    let mixed = 0;
    for (let k = 0; k < n; k++) {
      const at = Array.from({ length: 9 }, (_, c) => Number(data[c * n + k]));
      expect(voted.voxels.data[k]).toBe(at.indexOf(Math.max(...at)));
      if (Math.max(...at) < 1 && Math.max(...at) > 0) mixed++;
    }
    expect(mixed).toBeGreaterThan(100);
  });

  test("after argMax labels are looked at by nearest neighbour", async () => {
    const again = pipe(classes, oneHot(4), argMax, resampleToSpacing([0.5, 1, 1]));
    expect(new Set(await numbers(again, backend))).toEqual(new Set([0, 1, 2, 3]));
  });
});

test("what cannot be is said", async () => {
  await expect(evaluate(oneHot(0)(classes))).rejects.toThrow(/number of classes/);
  await expect(evaluate(pipe(classes, oneHot(2), oneHot(2)))).rejects.toThrow(/2 channels already/);
});

test("the first of several largest, as numpy has it", async () => {
  const image = imageFromArray(Float32Array.of(1, 5, 2, 1, 4, 2, 0, 5, 3), { size: [3, 1, 1] }, { channels: 3 });
  expect(await numbers(argMax(image))).toEqual([0, 0, 2]);
});

test("shares have gradients, classes have none", async () => {
  const shares = imageFromArray(Float64Array.of(0.2, 0.5, 0.8, 0.5), { size: [2, 1, 1] }, { channels: 2 });
  const { gradient } = await valueAndGradient(sum(argMax(shares)), { wrt: { shares }, backend: reference });
  expect(Array.from(gradient.shares.voxels.data, Number)).toEqual([0, 0, 0, 0]);
});
