/** Subjects: images, labels and points that are moved together, whatever their grids are. */
import { describe, expect, test } from "vitest";
import {
  augment,
  evaluateSubject,
  randomAffine,
  randomAnisotropy,
  randomCrop,
  randomFlip,
  randomGamma,
  randomNoise,
  sequence,
  subject,
  subjectToJSON,
  together,
} from "../../src/augment/index.ts";
import {
  crop,
  type Expression,
  evaluate,
  flip,
  fromJSON,
  gridOf,
  imageFromArray,
  labelImage,
  type MedImage,
  noise,
  type Operation,
  pad,
  phantom,
  pipe,
  pointAt,
  reference,
  rescale,
  rotate,
  toJSON,
  translate,
  type Vector3,
  voxelsOf,
} from "../../src/index.ts";

const size: Vector3 = [20, 18, 16];
const ct = imageFromArray(
  Float32Array.from({ length: 20 * 18 * 16 }, (_, i) => (i * 7919) % 1000),
  { size, spacing: [1, 1.5, 2], origin: [-10, 5, 30] },
);
const onGridOf = (image: MedImage, of: (i: number) => number): MedImage<"label"> =>
  labelImage({
    voxels: voxelsOf(Uint8Array.from(image.voxels.data as Float32Array, (_, i) => of(i))),
    grid: image.grid,
  });
const seg = onGridOf(ct, (i) => (i % 97 === 5 ? 3 : 0));
/** The same place with voxels of half the size, and less of it. */
const fine = labelImage({
  voxels: voxelsOf(new Uint8Array(24 * 20 * 18)),
  grid: gridOf([24, 20, 18], { spacing: [0.5, 0.75, 1], origin: [-6.25, 9.625, 37.5] }),
});
const landmarks: readonly Vector3[] = [ct.grid.origin, pointAt(ct.grid, [7, 8, 9]), [3, 4, 5]];
const whole = subject({ ct, seg, fine, landmarks });

test("keeps keys and kinds, in types as in values", () => {
  const moved = pipe(whole, together(rotate("z", 90)));
  const image: Expression<"intensity"> = moved.parts.ct;
  const label: Expression<"label"> = moved.parts.seg;
  const points: readonly Vector3[] = moved.parts.landmarks;
  expect([image.kind, label.kind, points.length]).toEqual(["intensity", "label", 3]);
  // @ts-expect-error: it has no such part
  expect(moved.parts.pet).toBeUndefined();
});

test("one augmentation is an operation on images and on subjects", async () => {
  const drawn = augment(sequence(randomAffine({ rotate: [-20, 20] }), randomFlip()))(7);
  const operation: Operation = drawn;
  const alone = pipe(ct, drawn);
  const { parts } = pipe(whole, drawn);
  expect(toJSON(alone)).toEqual(toJSON(parts.ct));
  expect(toJSON(pipe(ct, operation))).toEqual(toJSON(alone));
  const { seg: label } = await evaluateSubject(pipe(subject({ ct, seg }), drawn), { backend: reference });
  expect(label.kind).toBe("label");
});

describe("points", () => {
  test("go where content goes: right-handed about the centre of the grid", () => {
    const { parts } = pipe(whole, together(rotate("z", 90)));
    // The centre is (−0.5, 17.75, 45); the first voxel lies (−9.5, −12.75, −15) from it.
    expect(parts.landmarks[0]![0]).toBeCloseTo(-0.5 + 12.75, 9);
    expect(parts.landmarks[0]![1]).toBeCloseTo(17.75 - 9.5, 9);
    expect(parts.landmarks[0]![2]).toBeCloseTo(30, 9);
  });

  test("stay where the world is cut or looked at in another way, and go along with a translation", () => {
    const { parts } = pipe(whole, together(crop([1, 2, 3], [9, 9, 9])), together(pad([1, 1, 1], [2, 2, 2])));
    expect(parts.landmarks).toEqual(landmarks);
    const { parts: moved } = pipe(whole, together(translate("y", 12)));
    expect(moved.landmarks[2]).toEqual([3, 16, 5]);
  });
});

describe("images on other grids", () => {
  test("are turned about the same point of the world", async () => {
    const turn = pipe(whole, together(rotate([1, 2, 3], 25, { interpolation: "linear" })));
    const [step] = turn.parts.fine.steps;
    expect(step?.op).toBe("transform");
    const centre = pointAt(ct.grid, [9.5, 8.5, 7.5]);
    const about = pipe(fine, rotate([1, 2, 3], 25, { interpolation: "nearest", center: centre }));
    const [found, wanted] = await Promise.all([turn.parts.fine, about].map((e) => evaluate(e, { backend: reference })));
    expect(found!.voxels.data).toEqual(wanted!.voxels.data);
  });

  test("keep the voxels that touch what the reference keeps", () => {
    const { parts } = pipe(whole, together(crop([6, 5, 4], [5, 4, 3])));
    // What is kept of the reference is [−4.5, 0.5) × [11.75, 17.75) × [37, 43); fine voxels begin at −6.5, 9.25 and 37.
    expect(parts.fine.grid.size).toEqual([10, 9, 6]);
    expect(pointAt(parts.fine.grid, [-0.5, -0.5, -0.5])).toEqual([-4.5, 11.5, 37]);
    expect(parts.fine.problems).toEqual([]);
  });

  test("are padded where the reference is kept beyond them", () => {
    const { parts } = pipe(whole, together(crop([0, 0, 0], [10, 9, 8])));
    expect(pointAt(parts.fine.grid, [-0.5, -0.5, -0.5])).toEqual([-10.5, 4, 29]);
  });
  test("that do not reach to where the reference is kept become their fill there", async () => {
    for (const away of [-30, 40]) {
      const other = await evaluate(translate("x", away)(fine));
      const moved = pipe(subject({ ct, other }), together(crop([2, 2, 2], [6, 5, 4], { fill: 7 })));
      const found = (await evaluateSubject(moved)).other;
      expect(found.grid.size).toEqual([12, 11, 8]);
      // Labels are filled with 0, whatever is said for intensities.
      expect(new Set(Array.from(found.voxels.data, Number))).toEqual(new Set([0]));
    }
  });

  test("and intensities what is said for them", async () => {
    const away = await evaluate(translate("x", 60)(ct));
    const { other } = await evaluateSubject(
      pipe(subject({ ct, other: away }), together(crop([2, 2, 2], [6, 5, 4], { fill: 7 }))),
    );
    expect(new Set(Array.from(other.voxels.data, Number))).toEqual(new Set([7]));
  });
});

describe("values", () => {
  test("of intensities alone are mapped", () => {
    const { parts } = pipe(whole, together(rescale(2)), augment(randomGamma({ exponent: [0.5, 2] }))(1));
    expect(parts.ct.steps.map(({ op }) => op)).toEqual(["rescale", "gamma"]);
    expect(parts.seg.steps).toEqual([]);
    expect(parts.seg.problems).toEqual([]);
  });

  test("of several images get noise of their own, that of the reference as if it were alone", () => {
    const pair = pipe(subject({ t1: ct, t2: ct }), together(noise({ deviation: 1, seed: 5 })));
    expect(pair.parts.t1.steps).toEqual(noise({ deviation: 1, seed: 5 })(ct).steps);
    expect(pair.parts.t2.steps).not.toEqual(pair.parts.t1.steps);
  });
});

test("each image is sampled in its own way: labels by the nearest voxel and 0, others as is said", () => {
  const pair = subject({ ct, pet: ct, seg }, { sampling: { pet: { interpolation: "bspline", fill: "clamp" } } });
  const { parts } = pipe(pair, together(rotate("z", 5, { interpolation: "linear", fill: -1000 })));
  expect(parts.ct.steps).toEqual([{ op: "rotate", axis: "z", degrees: 5, interpolation: "linear", fill: -1000 }]);
  expect(parts.pet.steps).toEqual([{ op: "rotate", axis: "z", degrees: 5, interpolation: "bspline", fill: "clamp" }]);
  expect(parts.seg.steps).toEqual([{ op: "rotate", axis: "z", degrees: 5, fill: 0 }]);
});

test("what was done is a document, and does the same to the subject again", async () => {
  const sampler = sequence(
    randomAffine({ rotate: [-30, 30], scale: [0.8, 1.2] }, { interpolation: "linear" }),
    randomCrop([8, 8, 8], { foreground: "seg" }),
    randomNoise({ deviation: [1, 5] }),
  );
  const done = pipe(whole, augment(sampler)(3));
  const read = fromJSON(JSON.parse(JSON.stringify(subjectToJSON(done))));
  if (read._tag === "Left") throw new Error("the document is not read");
  const again = pipe(whole, together(read.right));
  expect(again.parts.landmarks).toEqual(done.parts.landmarks);
  const [first, second] = await Promise.all([done, again].map((s) => evaluateSubject(s, { backend: reference })));
  for (const key of ["ct", "seg", "fine"] as const) {
    expect(second![key].voxels.data).toEqual(first![key].voxels.data);
    expect(second![key].grid).toEqual(first![key].grid);
  }
});

describe("randomCrop", () => {
  test("lies about a voxel of the foreground, wherever that has come to", async () => {
    const one = onGridOf(ct, (i) => (i === (10 * 18 + 12) * 20 + 4 ? 1 : 0));
    for (let seed = 0; seed < 30; seed++) {
      const sampler = sequence(
        randomAffine({ rotate: [-40, 40], translate: [-3, 3] }),
        randomFlip(),
        randomCrop([5, 5, 5], { foreground: "seg" }),
      );
      const { parts } = pipe(subject({ ct, seg: one, at: [pointAt(one.grid, [4, 12, 10])] }), augment(sampler)(seed));
      const index = parts.seg.grid;
      const offset = parts.at[0]!.map((p, k) => (p - pointAt(index, [2, 2, 2])[k]!) / index.spacing[k]!);
      // About the middle voxel, but for rounding and for the rim of the grid.
      const isAtRim = [0, 1, 2].some((k) => {
        const start = Math.round((index.origin[k]! - ct.grid.origin[k]!) / ct.grid.spacing[k]!);
        return start === 0 || start === size[k]! - 5;
      });
      expect(isAtRim || offset.every((d) => Math.abs(d) <= 0.5 + 1e-9)).toBe(true);
    }
  });

  test("takes the foreground from a label image where there is no subject", () => {
    const one = onGridOf(ct, (i) => (i === (10 * 18 + 12) * 20 + 4 ? 1 : 0));
    const { steps } = pipe(ct, flip("x"), augment(randomCrop([5, 5, 5], { foreground: one }))(1));
    expect(steps[1]).toEqual({ op: "crop", start: [13, 10, 8], size: [5, 5, 5] });
  });

  test("is anywhere else as often as is said, evenly", () => {
    const starts = Array.from({ length: 2000 }, (_, seed) => {
      const { steps } = augment(randomCrop([5, 5, 5]))(seed)(ct);
      const [step] = steps;
      return step?.op === "crop" ? step.start : [];
    });
    for (const k of [0, 1, 2]) {
      const counts = Array.from({ length: size[k]! - 4 }, (_, at) => starts.filter((s) => s[k] === at).length);
      const expected = 2000 / counts.length;
      const chi = counts.reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0);
      expect(chi).toBeLessThan(counts.length - 1 + 5 * Math.sqrt(2 * counts.length));
    }
  });

  test("names what is missing, and what does not fit", async () => {
    const absent = pipe(whole, augment(randomCrop([5, 5, 5], { foreground: "lesion" }))(1));
    await expect(evaluate(absent.parts.ct)).rejects.toThrow(/there is no image "lesion"/);
    await expect(evaluate(pipe(ct, augment(randomCrop([50, 5, 5]))(1)))).rejects.toThrow(/use padOrCropTo/);
  });
});

test("anisotropy ends on the grid that it began with, with fewer values along the axis", async () => {
  const ramp = imageFromArray(
    Float32Array.from({ length: 16 ** 3 }, (_, i) => (i % 16 === 7 ? 100 : 0)),
    { size: [16, 16, 16] },
  );
  const { parts } = pipe(
    subject({ ramp, at: [[7, 3, 3]] }),
    augment(randomAnisotropy({ factor: [4, 4], axes: ["x"] }))(1),
  );
  expect(parts.ramp.grid).toEqual(ramp.grid);
  expect(parts.ramp.steps.map(({ op }) => op)).toEqual(["scale", "materialize", "resampleToImage"]);
  expect(parts.at).toEqual([[7, 3, 3]]);
  const { voxels } = await evaluate(parts.ramp, { backend: reference });
  const row = Array.from(voxels.data as Float32Array).slice(0, 16);
  // Voxel centres of the coarse grid are 1.5, 5.5, 9.5 and 13.5: none of them sees the line but between 7 and 8.
  expect(Math.max(...row)).toBe(0);
});

test("a subject without an image is refused", () => {
  expect(() => subject({ landmarks })).toThrow(/no grid to go by/);
});

test("a phantom is augmented in one pass", async () => {
  const { explain } = await import("../../src/index.ts");
  const sampler = sequence(
    randomAffine({ rotate: [-10, 10], scale: [0.9, 1.1] }, { interpolation: "linear", fill: -1000 }),
    randomFlip(),
    randomGamma({ exponent: [0.7, 1.5], range: [-1000, 2000] }),
    randomNoise({ deviation: [5, 20] }),
  );
  expect(explain(pipe(phantom({ kind: "ct", size: [16, 16, 16] }), augment(sampler)(1)))).toMatch(/^1 pass\n/);
});
