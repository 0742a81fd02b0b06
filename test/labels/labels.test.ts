/** Label images measured, beside scipy and numpy: see make_labels.py in the fixtures. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  asKind,
  type Grid,
  gridOf,
  imageFromArray,
  labelImage,
  type MedImage,
  phantom,
  type Vector3,
  voxelsOf,
} from "../../src/index.ts";
import {
  barycentre,
  boundingBox,
  type Connectivity,
  components,
  dice,
  distanceTo,
  hausdorff,
  largestComponent,
  maximalRadius,
  pointsOf,
  volumes,
} from "../../src/labels/index.ts";

interface OfClass {
  readonly barycentre: Vector3;
  readonly start: Vector3;
  readonly size: Vector3;
  readonly radius: number;
  readonly points: readonly Vector3[];
  readonly voxels: number;
  readonly volume: number;
  readonly dice: number;
  readonly max: number;
  readonly percentile95: number;
  readonly mean: number;
  readonly distance: readonly number[];
  readonly components: Readonly<
    Record<Connectivity, { readonly labelled: readonly number[]; readonly largest: number }>
  >;
}
interface Fixture {
  readonly grid: Grid;
  readonly a: string;
  readonly b: string;
  readonly classes: Readonly<Record<string, OfClass>>;
}
const fixture: Fixture = JSON.parse(readFileSync(new URL("../fixtures/labels.json", import.meta.url), "utf8"));
const image = (digits: string): MedImage<"label"> =>
  labelImage({ voxels: voxelsOf(Uint8Array.from(digits, Number)), grid: fixture.grid });
const a = image(fixture.a);
const b = image(fixture.b);

const close = (found: readonly number[], expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length);
  expect(Math.max(...found.map((x, k) => Math.abs(x - expected[k]!)))).toBeLessThan(1e-8);
};

describe.each(Object.entries(fixture.classes))("class %s beside scipy", (name, expected) => {
  const only = { class: Number(name) };

  test("where it lies", () => {
    close(barycentre(a, only), expected.barycentre);
    expect(boundingBox(a, only)).toEqual({ start: expected.start, size: expected.size });
    close([maximalRadius(a, only)], [expected.radius]);
    close(pointsOf(a, only).slice(0, 20).flat(), expected.points.flat());
    expect(pointsOf(a, only)).toHaveLength(expected.voxels);
  });

  test("how much there is", () => {
    const found = volumes(a).find((each) => each.class === only.class)!;
    expect(found.voxels).toBe(expected.voxels);
    close([found.volume], [expected.volume]);
  });

  test("exact distances on anisotropic voxels", () =>
    close(Array.from(distanceTo(a, only).voxels.data, Number), expected.distance));

  test("Dice and surface distances", () => {
    close([dice(a, b, only)], [expected.dice]);
    const { max, percentile95, mean } = hausdorff(a, b, only);
    close([max, percentile95, mean], [expected.max, expected.percentile95, expected.mean]);
    close([dice(b, a, only), hausdorff(b, a, only).mean], [expected.dice, expected.mean]);
  });

  test.each([6, 18, 26] as const)("components by %i neighbours", (connectivity) => {
    const { labelled, largest } = expected.components[connectivity];
    expect(Array.from(components(a, { ...only, connectivity }).voxels.data, Number)).toEqual(labelled);
    expect(Array.from(largestComponent(a, { ...only, connectivity }).voxels.data, Number)).toEqual(
      labelled.map((number) => (number === largest ? 1 : 0)),
    );
  });
});

test("distances are those of the nearest voxel, whatever the voxels", () => {
  const size: Vector3 = [5, 4, 3];
  const spacings = fc.double({ min: 0.1, max: 9, noNaN: true });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 60, maxLength: 60, max: 1 }).filter((data) => data.includes(1)),
      fc.tuple(spacings, spacings, spacings),
      (data, spacing) => {
        const mask = labelImage({ voxels: voxelsOf(data), grid: gridOf(size, { spacing }) });
        const points = pointsOf(mask);
        const all = pointsOf(labelImage({ ...mask, voxels: voxelsOf(new Uint8Array(60).fill(1)) }));
        const nearest = all.map((p) =>
          Math.min(...points.map((q) => Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]))),
        );
        close(Array.from(distanceTo(mask).voxels.data, Number), nearest);
      },
    ),
  );
});

test("an image agrees with itself; about a class that neither has nothing can be said", () => {
  const labels = phantom({ kind: "labels", size: [20, 20, 16] });
  expect(dice(labels, labels)).toBe(1);
  expect(hausdorff(labels, labels)).toEqual({ max: 0, percentile95: 0, mean: 0 });
  expect(dice(a, b, { class: 77 })).toBeNaN();
});

test("what cannot be measured says why", () => {
  const sheared = imageFromArray(Uint8Array.of(1, 0), { size: [2, 1, 1], direction: [1, 0.6, 0, 0, 0.8, 0, 0, 0, 1] });
  expect(() => distanceTo(sheared)).toThrow(/not orthogonal; resample/);
  expect(() => barycentre(a, { class: 77 })).toThrow(/no voxel of class 77; check the class number/);
  expect(() => dice(a, asKind("label", sheared))).toThrow(/different grids; bring one/);
  const two = imageFromArray(new Uint8Array(4), { size: [2, 1, 1] }, { channels: 2 });
  expect(() => volumes(two)).toThrow(/2 channels/);
});
