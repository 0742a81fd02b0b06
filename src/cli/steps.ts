/** The steps of a command line, in the order in which they were given, and the grids that they refer to. */
import { loadHeader, loadImage } from "../io/load.ts";
import { loadTransform } from "../io/transform/transforms.ts";
import { referenceHistogram } from "../learned.ts";
import { maskImage } from "../ops/mask.ts";
import type { MaskFields, Step } from "../step.ts";
import { contentMapOf } from "../transform.ts";
import type { Arguments } from "./arguments.ts";
import { allOf } from "./failures.ts";
import { readable } from "./files.ts";
import type { OptionGroup } from "./options.ts";
import { readLandmarks } from "./pipeline-file.ts";
import type { Draft } from "./step-options/draft.ts";
import {
  fillFormat,
  interpolationFormat,
  type MaskInForce,
  maskFormat,
  type SamplingInForce,
} from "./step-options/in-force.ts";
import { stepOptions } from "./step-options/index.ts";
import { badValue } from "./usage.ts";

export const stepGroup: OptionGroup = {
  title: "Steps, applied in the order given",
  about:
    "Steps in voxels (crop, pad) mean the voxels of the grid as it is after the steps before them. However many steps there are, values are interpolated once.",
  options: Object.entries(stepOptions).map(([name, { value, help }]) => ({
    name,
    help,
    repeatable: true,
    ...(value === undefined ? {} : { value }),
  })),
};

export const samplingGroup: OptionGroup = {
  title: "Sampling and statistics, for the steps after it",
  options: [
    {
      name: "interp",
      value: "nearest|linear|bspline",
      help: "Interpolation; linear unless said, nearest for labels. bspline is cubic.",
      repeatable: true,
    },
    {
      name: "fill",
      value: "V|background",
      help: "What lies outside the image: a value, or the median of its eight corner voxels (unless said; 0 for labels). Also clamp, reflect, wrap for steps that resample.",
      repeatable: true,
    },
    {
      name: "stats-mask",
      value: "nonzero|above:V|MASK",
      help: "Which voxels statistics are taken of (--z-score, --min-max, --clip-percentiles, --histogram-match, --nyul): all unless said, those that are not 0, those above V, or where the image MASK is not 0.",
      repeatable: true,
    },
  ],
};

/** A step whose sampling is known; only what a file says may be missing: the grid of an image, a transform, vectors. */
type Planned =
  | Step
  | { readonly op: "like"; readonly path: string; readonly sampling: SamplingInForce }
  | { readonly op: "vectors-file"; readonly path: string; readonly sampling: SamplingInForce }
  | { readonly op: "transform-file"; readonly path: string; readonly sampling: SamplingInForce }
  | { readonly op: "statistics"; readonly of: Statistics; readonly mask: MaskInForce | undefined };
type Statistics = Extract<Draft, { readonly needs: "mask" | "reference" | "landmarks" }>;

/** Reads the steps; what is wrong with them is complained of. */
export const plannedSteps = (args: Arguments): readonly Planned[] => {
  let inForce: SamplingInForce = {};
  let mask: MaskInForce | undefined;
  const planned: Planned[] = [];
  let idle: readonly string[] = [];
  for (const { name, value } of args.given) {
    if (name === "interp") {
      const interpolation = interpolationFormat.read(value);
      if (interpolation === undefined) args.complain(badValue(name, value, interpolationFormat));
      else {
        inForce = { ...inForce, interpolation };
        idle = [...idle, `--interp ${value}`];
      }
    } else if (name === "fill") {
      const fill = fillFormat.read(value);
      if (fill === undefined) args.complain(badValue(name, value, fillFormat));
      else {
        inForce = { ...inForce, fill };
        idle = [...idle, `--fill ${value}`];
      }
    } else if (name === "stats-mask") {
      const said = maskFormat.read(value);
      if (said === undefined) args.complain(badValue(name, value, maskFormat));
      mask = said === "all" ? undefined : said;
    } else if (Object.hasOwn(stepOptions, name)) {
      idle = [];
      const format = stepOptions[name]?.format;
      const draft = format?.read(value);
      if (format !== undefined && draft === undefined) args.complain(badValue(name, value, format));
      if (draft === undefined) continue;
      const step = withSampling(draft, inForce, mask);
      if (step === undefined)
        args.complain(`--${name} cannot fill with ${inForce.fill}: give --fill a number or background before it`);
      else planned.push(step);
    }
  }
  if (idle.length > 0)
    args.complain(
      `${idle.join(" and ")} would do nothing: --interp and --fill hold for the steps after them; give them before`,
    );
  return planned;
};

/** The step with the sampling in force, or undefined when it cannot fill like that. */
const withSampling = (draft: Draft, inForce: SamplingInForce, mask: MaskInForce | undefined): Planned | undefined => {
  switch (draft.needs) {
    case "nothing":
      return draft.step;
    case "sampling":
      return { ...draft.step, ...inForce };
    case "mask":
    case "reference":
    case "landmarks":
      return { op: "statistics", of: draft, mask };
    case "image":
      return { op: "like", path: draft.path, sampling: inForce };
    case "transform":
      return { op: "transform-file", path: draft.path, sampling: inForce };
    case "vectors":
      return { op: "vectors-file", path: draft.path, sampling: inForce };
    case "fill": {
      const { fill } = inForce;
      if (fill === undefined) return draft.step;
      return typeof fill === "number" || fill === "background" ? { ...draft.step, fill } : undefined;
    }
  }
};

/** Reads the grids of reference images, transforms and displacements. @throws MedImagesError when one of them cannot be read. */
export const resolveSteps = (planned: readonly Planned[], memory: number | undefined): Promise<readonly Step[]> =>
  allOf(
    planned.map(async (step): Promise<Step> => {
      if (step.op === "transform-file") {
        await readable(step.path);
        // The file maps points of the fixed image to the moving one; the content goes the other way.
        return { op: "transform", ...contentMapOf(await loadTransform(step.path)), ...step.sampling };
      }
      if (step.op === "statistics") return withStatistics(step.of, await maskOf(step.mask, memory), memory);
      if (step.op === "vectors-file") {
        await readable(step.path);
        const vectors = await loadImage(step.path, { kind: "intensity", ...budgetOf(memory) });
        return { op: "displace", by: "vectors", vectors, ...step.sampling };
      }
      if (step.op !== "like") return step;
      const { grid } = await loadHeader(step.path, memory === undefined ? {} : { memory });
      return { op: "resampleToImage", grid, image: step.path, ...step.sampling };
    }),
  );

const budgetOf = (memory: number | undefined): { readonly memory?: number } => (memory === undefined ? {} : { memory });

const maskOf = async (mask: MaskInForce | undefined, memory: number | undefined): Promise<MaskFields> => {
  if (mask === undefined) return {};
  if (mask === "nonzero" || "above" in mask) return { mask };
  return { mask: maskImage(await loadImage(mask.path, { ...budgetOf(memory), kind: "label" }), mask.path) };
};

const withStatistics = async (of: Statistics, mask: MaskFields, memory: number | undefined): Promise<Step> => {
  if (of.needs === "mask") return { ...of.step, ...mask };
  if (of.needs === "reference") {
    const reference = await referenceHistogram(await loadImage(of.path, budgetOf(memory)));
    return { op: "histogramMatch", reference, ...mask };
  }
  return { op: "nyulApply", landmarks: await readLandmarks(of.path), ...mask };
};
