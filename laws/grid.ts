/**
 * Laws of geometry: where voxels are, that operations say so truthfully, and that the operations which only
 * rename or shift places leave the voxels alone.
 */
import { transformPoint } from "../compiler/language/affine.ts";
import { type Grid, gridProblem, pointAt } from "../compiler/language/grid.ts";
import { numberOf } from "../compiler/language/real.ts";
import {
  type Axis,
  add,
  apply3,
  axes,
  column,
  dot,
  type Matrix3,
  norm,
  subtract,
  type Vector3,
  vector,
} from "../compiler/language/vector.ts";
import type { MedImage } from "../src/image.ts";
import type { RectifyStep, ResampleToSpacingStep, ScaleStep, TranslateStep } from "../src/step.ts";
import { elementAt, identicalGrid, indicesOf, sameElements, sameStorage, sameVoxels } from "./compare.ts";
import type { Pipeline, Subject } from "./subject.ts";
import { every, require, type Verdict } from "./verdict.ts";

const distance = (a: Vector3, b: Vector3): number => norm(subtract(a, b));

/**
 * Going from an index to the world and back is staying where one is, and the way there is the definition:
 * origin + Σ index · spacing · column of the direction.
 */
export const indexWorldIndex = (subject: Subject, grid: Grid, index: Vector3): Verdict => {
  const there = transformPoint(subject.indexToWorld(grid), index);
  const back = transformPoint(subject.worldToIndex(grid), there);
  const defined = axes.reduce<Vector3>(
    (point, k) =>
      add(
        point,
        vector((w) => index[k] * grid.spacing[k] * column(grid.direction, k)[w]),
      ),
    grid.origin,
  );
  return every(
    require(distance(there, defined) <= 1e-9 * (1 + norm(defined)), () =>
      `index ${index} is at ${there} instead of ${defined}`),
    require(distance(back, index) <= 1e-6, () => `index ${index} comes back from the world as ${back}`),
  );
};

/** What an expression announces (grid, dtype, rescale, channels) is what its evaluation delivers. */
export const announcedIsDelivered = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
): Promise<Verdict> => {
  const announced = pipeline(image);
  const { size } = announced.grid;
  const delivered = await subject.evaluate(announced);
  const { voxels } = delivered;
  const problem = gridProblem(announced.grid);
  return every(
    require(problem === undefined, () => `the grid cannot hold an image: ${problem}`),
    () => identicalGrid(delivered.grid, announced.grid),
    () => sameStorage(voxels, announced.storage),
    require(voxels.channels === image.voxels.channels, () =>
      `${image.voxels.channels} channels became ${voxels.channels}`),
    require(voxels.data.length === size[0] * size[1] * size[2] * image.voxels.channels, () =>
      `${voxels.data.length} elements do not fill ${size.join("×")} with ${image.voxels.channels} channel(s)`),
    require(delivered.kind === announced.kind, () => `${announced.kind} became ${delivered.kind}`),
  );
};

const letterDirections: Readonly<Record<string, Vector3>> = {
  L: [1, 0, 0],
  R: [-1, 0, 0],
  P: [0, 1, 0],
  A: [0, -1, 0],
  S: [0, 0, 1],
  I: [0, 0, -1],
};

/**
 * By how much the best assignment of index axes to world axes beats the next: near 0 an image lies between
 * two orientations, and no code is the nearest.
 */
export const orientationClarity = (direction: Matrix3): number => {
  const permutations: readonly Vector3[] = [
    [0, 1, 2],
    [1, 0, 2],
    [0, 2, 1],
    [2, 0, 1],
    [1, 2, 0],
    [2, 1, 0],
  ];
  const scores = permutations.map((p) =>
    axes.reduce<number>((sum, k) => sum + Math.abs(column(direction, k)[p[k] as 0 | 1 | 2]), 0),
  );
  const [best = 0, next = 0] = scores.sort((a, b) => b - a);
  return best - next;
};

/**
 * Reorienting from one code to another keeps every voxel, bit for bit, at its world point; and the axes then
 * run as the letters of the code say, wherever the image has a nearest code at all.
 */
export const reorientingKeepsPlaces = async (
  subject: Subject,
  image: MedImage,
  from: string,
  to: string,
): Promise<Verdict> => {
  const before = await subject.evaluate(subject.perform({ op: "changeOrientation", to: from })(image));
  const after = await subject.evaluate(subject.perform({ op: "changeOrientation", to })(before));
  const toIndex = subject.worldToIndex(before.grid);
  const indices = indicesOf(after.grid.size);
  const sources = indices.map((index) => transformPoint(toIndex, pointAt(after.grid, index)));
  const strayed = sources.findIndex(
    (s) =>
      !axes.every(
        (k) =>
          Math.abs(s[k] - Math.round(s[k])) < 1e-6 && Math.round(s[k]) >= 0 && Math.round(s[k]) < before.grid.size[k],
      ),
  );
  const clear = orientationClarity(image.grid.direction) > 1e-6;
  const wrong = clear
    ? axes.find(
        (k) =>
          apply3(
            [...(letterDirections[to[k] ?? ""] ?? [0, 0, 0]), 0, 0, 0, 0, 0, 0],
            column(after.grid.direction, k),
          )[0] <= 0,
      )
    : undefined;
  return every(
    () => sameStorage(after.voxels, image.voxels),
    require(after.voxels.data.length === image.voxels.data.length, () =>
      `${image.voxels.data.length} elements became ${after.voxels.data.length}`),
    require(strayed < 0, () => `voxel ${indices[strayed]} lies where no voxel was, at index ${sources[strayed]}`),
    require(wrong === undefined, () => `axis ${wrong} does not run towards ${to[wrong ?? 0]} of ${to}`),
    () =>
      sameElements(after.voxels, (i) => {
        const source = sources[i % indices.length] ?? [0, 0, 0];
        const rounded = vector((k) => Math.round(source[k]));
        return before.voxels.data[elementAt(before.grid.size, rounded, Math.floor(i / indices.length))];
      }),
  );
};

/** Translating moves the origin and nothing else: voxels stay as they are, bit for bit. */
export const translatingMovesTheOrigin = async (
  subject: Subject,
  image: MedImage,
  step: TranslateStep,
): Promise<Verdict> => {
  const moved = await subject.evaluate(subject.perform(step)(image));
  const along = { x: 0, y: 1, z: 2 }[step.axis];
  const origin = vector((k) => image.grid.origin[k] + (k === along ? numberOf(step.mm) : 0));
  return every(
    () => identicalGrid(moved.grid, { ...image.grid, origin }),
    () => sameVoxels(moved.voxels, image.voxels),
  );
};

/**
 * A grid of other spacing is announced by the rule: `scale` multiplies sizes and keeps the outer edge of the
 * first voxel, `resampleToSpacing` takes the spacing asked for and keeps the first centre or its outer edge.
 */
export const respacingKeepsItsAnchor = (
  subject: Subject,
  image: MedImage,
  step: ScaleStep | ResampleToSpacingStep,
): Verdict => {
  const { grid } = image;
  const { grid: fresh, problems } = subject.perform(step)(image);
  const factor: Vector3 =
    step.op === "resampleToSpacing"
      ? vector((k) => grid.spacing[k] / step.spacing[k])
      : typeof step.factor === "number"
        ? [step.factor, step.factor, step.factor]
        : step.factor;
  const anchor = step.op === "scale" || step.align === "extent" ? -0.5 : 0;
  const edge: Vector3 = [anchor, anchor, anchor];
  const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b));
  return every(
    require(problems.length === 0, () => `it is refused: ${problems[0]?.reason}`),
    // Half a voxel either way: which whole number a tie goes to is not the matter here.
    require(axes.every(
      (k) => fresh.size[k] === 1 || Math.abs(fresh.size[k] - grid.size[k] * factor[k]) <= 0.5 + 1e-9,
    ), () => `${grid.size.join("×")} voxels times ${factor} became ${fresh.size.join("×")}`),
    require(axes.every((k) => close(fresh.spacing[k], grid.spacing[k] / factor[k])), () =>
      `the spacing is ${fresh.spacing}`),
    require(fresh.direction.every((entry, k) => entry === grid.direction[k]), () =>
      `the direction is ${fresh.direction}`),
    require(distance(pointAt(fresh, edge), pointAt(grid, edge)) <= 1e-9 * (1 + norm(grid.origin)) * 10, () =>
      `the ${anchor === 0 ? "first centre" : "outer edge"} moved from ${pointAt(grid, edge)} to ${pointAt(fresh, edge)}`),
  );
};

/**
 * Rectifying gives axes at right angles, x where it was, over all of the old grid; slices stay in their planes, at
 * whole indices, and the first voxel stays; a second time changes nothing, and neither does a first on a grid that
 * needs none.
 */
export const rectifyingIsSquare = (subject: Subject, image: MedImage, step: RectifyStep): Verdict => {
  const { grid } = image;
  const once = subject.perform(step)(image);
  const fresh = once.grid;
  const lean = ({ direction }: Grid): number =>
    Math.max(
      ...[0, 1, 2].map((k) => Math.abs(dot(column(direction, k as Axis), column(direction, ((k + 1) % 3) as Axis)))),
    );
  const toFresh = subject.worldToIndex(fresh);
  const corners = indicesOf([2, 2, 2]).map((corner) => vector((k) => corner[k] * (grid.size[k] - 1)));
  const landed = corners.map((corner) => transformPoint(toFresh, pointAt(grid, corner)));
  const far = 1e-9 * (1 + norm(grid.origin));
  const first = transformPoint(toFresh, grid.origin);
  return every(
    require(once.problems.length === 0, () => `it is refused: ${once.problems[0]?.reason}`),
    require(lean(fresh) <= 1e-4, () => `axes still lean by a cosine of ${lean(fresh)}`),
    require(distance(column(fresh.direction, 0), column(grid.direction, 0)) <= 1e-9, () => "x was turned"),
    require(axes.every((k) => Math.abs(first[k] - Math.round(first[k])) <= 1e-6 + far), () =>
      `the first voxel is at index ${first}`),
    require(landed.every((index) => axes.every((k) => index[k] >= -0.02 && index[k] <= fresh.size[k] - 0.98)), () =>
      `corners lie at ${landed.join("; ")} of ${fresh.size.join("×")} voxels`),
    // A voxel fewer would not do.
    require(axes.every((k) => Math.max(...landed.map((index) => index[k])) > fresh.size[k] - 2 - 1e-6), () =>
      `${fresh.size.join("×")} voxels are more than it needs`),
    require(lean(grid) <= 1e-4 || fresh.size[2] === grid.size[2], () => "slices were added or lost"),
    require(landed.every((index, k) => Math.abs(index[2] - (corners[k]?.[2] ?? 0)) <= 1e-3), () =>
      "slices left their planes"),
    () => identicalGrid(subject.perform(step)(once).grid, fresh),
    () => (lean(grid) > 1e-4 ? require(true, () => "") : identicalGrid(fresh, grid)),
  );
};
