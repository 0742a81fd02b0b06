/** Operations on subjects: what each of an operation's steps is for the parts of one, by the geometry of the world. */
import { transformPoint } from "../../compiler/language/affine.ts";
import { corners, type Grid, gridOf, pointAt, sameGrid } from "../../compiler/language/grid.ts";
import { bitsOf, pcg4d } from "../../compiler/language/random.ts";
import { random, replaceLeaves } from "../../compiler/language/scalar.ts";
import { axes, type Vector3, vector } from "../../compiler/language/vector.ts";
import { voxelsOf } from "../../compiler/language/voxels.ts";
import { touchedBy } from "../box.ts";
import { displacedPoint } from "../displacement-at.ts";
import { type Expression, type IntensityOperation, toExpression } from "../expression.ts";
import { intensityImage } from "../image.ts";
import { applySteps } from "../json.ts";
import type { OperationName, SamplingOptions, Step } from "../step.ts";
import { isPoints, type Part, type Parts, referenceOf, type Subject } from "./subject.ts";
import { pushOf, volumeOf } from "./world-map.ts";

/** The expression that stands for a subject while an operation says what it does: it has the grid, and no voxels. */
export interface Stand extends Expression<"intensity"> {
  readonly subject?: Subject;
}

/**
 * An operation as one of subjects. Operations that go by a grid, such as `rotate` about its centre or `crop`, go by
 * that of the subject's reference; images on other grids are moved and cut by the same places in the world.
 */
export const together =
  (operation: IntensityOperation) =>
  <P extends Parts>(subject: Subject<P>): Subject<P> => {
    const { grid } = referenceOf(subject);
    const stand: Stand = { ...standOn(grid), subject };
    const { steps, problems } = operation(stand);
    const done = steps.reduce<Done>(performed, { subject, parts: subject.parts, grid });
    // What cannot be is said again by the steps themselves, unless there is no step for it.
    const others = problems.filter(({ step, operation }) => steps[step]?.op !== operation);
    const parts = Object.entries(done.parts).map(([key, part]): [string, Part] => [
      key,
      isPoints(part) || others.length === 0 ? part : { ...part, problems: [...part.problems, ...others] },
    ]);
    return { ...subject, parts: Object.fromEntries(parts) as P, steps: [...subject.steps, ...steps] };
  };

const standIn = intensityImage({ voxels: voxelsOf(new Float32Array(1)), grid: gridOf([1, 1, 1]) });
const standOn = (grid: Grid): Expression<"intensity"> => toExpression({ ...standIn, grid });

/** What all parts have become, and the grid that the reference has by now. */
interface Done {
  readonly subject: Subject;
  readonly parts: Parts;
  readonly grid: Grid;
}

const performed = (done: Done, step: Step): Done => {
  const { subject, parts, grid } = done;
  const stand = applySteps([step], standOn(grid));
  const move: Move = { step, before: grid, after: stand.grid, push: pushOf(stand.field) };
  const stepsOf = (part: Expression, key: string): readonly Step[] => {
    const own = key === subject.reference ? step : withOwnNoise(step, key);
    return stepsFor[ways[step.op]]({ ...move, step: own }, part).map((s) => sampledFor(part, s, subject.sampling[key]));
  };
  const reference = referenceOf({ ...subject, parts });
  // Where the reference is sampled before it goes on, what it loses beyond its grid is lost to all.
  const isSampled = samples(reference, stepsOf(reference, subject.reference));
  const moved = Object.entries(parts).map(([key, part]): [string, Part] => {
    if (isPoints(part)) return [key, part.map((point) => pushed(move, point))];
    const steps = stepsOf(part, key);
    const isBehind = isSampled && !samples(part, steps);
    return [key, applySteps(isBehind ? [{ op: "materialize" }, ...steps] : steps, part)];
  });
  return { subject, parts: Object.fromEntries(moved), grid: stand.grid };
};

/** Where a point of the content goes. */
const pushed = ({ step, push }: Move, point: Vector3): Vector3 =>
  step.op === "displace" ? displacedPoint(step, point) : transformPoint(push, point);

/** Whether steps sample an image on its present grid, before or while they move it. */
const samples = (image: Expression, steps: readonly Step[]): boolean =>
  volumeOf(applySteps(steps, image).field) !== volumeOf(image.field);

/** A step on the reference: the grid before and after it, and how it moves the content of the world. */
interface Move {
  readonly step: Step;
  readonly before: Grid;
  readonly after: Grid;
  readonly push: ReturnType<typeof pushOf>;
}

/**
 * What a step means for the parts of a subject: `values` are mapped in intensity images only; `content` is moved in the
 * world; a `box` of the world is kept; and some mean the same for `each` image.
 */
type Way = "values" | "content" | "box" | "each";
const ways: Readonly<Record<OperationName, Way>> = {
  rotate: "content",
  affine: "content",
  transform: "content",
  // Its vectors stand in the world, whatever the grid of what it moves.
  displace: "each",
  flip: "content",
  crop: "box",
  pad: "box",
  padOrCropTo: "box",
  translate: "each",
  scale: "each",
  resampleToSpacing: "each",
  resampleToImage: "each",
  rectify: "each",
  changeOrientation: "each",
  materialize: "each",
  as: "values",
  rescale: "values",
  biasField: "values",
  clamp: "values",
  window: "values",
  gamma: "values",
  map: "values",
  noise: "values",
  zScore: "values",
  minMax: "values",
  clipPercentiles: "values",
  histogramMatch: "values",
  nyulApply: "values",
  smooth: "values",
  oneHot: "values",
  argMax: "values",
};

const stepsFor: Readonly<Record<Way, (move: Move, part: Expression) => readonly Step[]>> = {
  values: ({ step }, part) => (part.kind === "label" ? [] : [step]),
  each: ({ step }) => [step],
  content: ({ step, before, push }, { grid }) =>
    sameGrid(before, grid)
      ? [step]
      : [{ op: "transform", matrix: push.linear, offset: push.offset, ...samplingOf(step) }],
  box: ({ step, before, after }, { grid }) => (sameGrid(before, grid) ? [step] : boxOf(grid, after, step)),
};

const samplingOf = (step: Step): SamplingOptions => {
  const { interpolation, fill } = step as SamplingOptions;
  return { ...(interpolation !== undefined && { interpolation }), ...(fill !== undefined && { fill }) };
};

/** Images but the reference have noise of their own, by their names. */
const withOwnNoise = (step: Step, key: string): Step => {
  const own = (seed: number): number =>
    [...key].reduce((s, letter) => pcg4d([...bitsOf(s), letter.codePointAt(0) ?? 0, 0])[0], seed);
  if (step.op === "noise") return { ...step, seed: own(step.seed) };
  if (step.op !== "map") return step;
  const body = replaceLeaves(step.body, (leaf) =>
    leaf.kind === "random" ? random(own(leaf.seed), leaf.stream) : undefined,
  );
  return { ...step, body };
};

/** The steps that leave of a grid the voxels that touch the extent of another, no more and no fewer. */
const boxOf = (grid: Grid, kept: Grid, step: Step): readonly Step[] => {
  const outer = corners({ size: [2, 2, 2] }).map((corner) =>
    pointAt(
      kept,
      vector((k) => corner[k] * kept.size[k] - 0.5),
    ),
  );
  const [first, last] = touchedBy(grid, outer);
  const [from, to] = [vector((k) => Math.max(first[k], 0)), vector((k) => Math.min(last[k], grid.size[k] - 1))];
  const [begin, end] = [vector((k) => from[k] - first[k]), vector((k) => last[k] - to[k])];
  const { fill } = step as { readonly fill?: number | "background" };
  const filled = fill === undefined ? {} : { fill };
  // An image that does not reach there has nothing to keep: what is seen of it is its fill.
  if (axes.some((k) => from[k] > to[k])) {
    const [before, behind] = [
      vector((k) => Math.max(-first[k], 0)),
      vector((k) => Math.max(last[k] + 1 - grid.size[k], 0)),
    ];
    const [start, size] = [vector((k) => first[k] + before[k]), vector((k) => last[k] - first[k] + 1)];
    return [
      { op: "pad", begin: before, end: behind, ...filled },
      { op: "crop", start, size, ...filled },
    ];
  }
  return [
    { op: "crop", start: from, size: vector((k) => to[k] - from[k] + 1), ...filled },
    ...(isZero(begin) && isZero(end) ? [] : [{ op: "pad" as const, begin, end, ...filled }]),
  ];
};
const isZero = (v: Vector3): boolean => axes.every((k) => v[k] === 0);

/** The operations that sample, and those that fill. */
const samplers: ReadonlySet<OperationName> = new Set<OperationName>([
  "rotate",
  "affine",
  "transform",
  "scale",
  "resampleToSpacing",
  "resampleToImage",
]);

/** The step with the sampling of a part: a label takes the nearest voxel, and 0 where a value is due. */
const sampledFor = (part: Expression, step: Step, own: SamplingOptions = {}): Step => {
  const sampling = samplers.has(step.op) ? own : {};
  if (part.kind !== "label") return { ...step, ...sampling } as Step;
  const { interpolation: _, ...rest } = step as Step & SamplingOptions;
  const isValue = typeof rest.fill === "number" || rest.fill === "background";
  return { ...rest, ...(isValue && { fill: 0 }), ...sampling } as Step;
};
