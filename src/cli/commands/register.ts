/** `medimages register`: the transform that brings one image onto another, and the image brought there. */

import { pipe } from "fp-ts/lib/function.js";
import { platform } from "#platform";
import { evaluate } from "../../evaluate.ts";
import { loadImage, saveImage } from "../../io/load.ts";
import { loadTransform, saveTransform } from "../../io/transform/transforms.ts";
import { as } from "../../ops/intensity.ts";
import { resampleToImage } from "../../ops/resample.ts";
import { transform as transformOperation } from "../../ops/transform.ts";
import { type InitialName, initialNames } from "../../register/initial.ts";
import { metricNames } from "../../register/metric.ts";
import { type OptimizerName, optimizerNames } from "../../register/optimizers/index.ts";
import { register as find } from "../../register/register.ts";
import type { Iteration } from "../../register/result.ts";
import { contentMapOf, type Transform, type TransformKind, transformKinds } from "../../transform.ts";
import { backendFormat, backendNamed } from "../backends.ts";
import type { Command } from "../command.ts";
import { readable, writable, writableTransform } from "../files.ts";
import { countFormat, dtypeFormat, memoryFormat, readNumbers, textFormat, wordFormat } from "../formats.ts";
import type { OptionGroup } from "../options.ts";
import { progressOn } from "../progress.ts";
import { describeRegistration, recordOfRegistration } from "../registration-record.ts";
import { fillFormat, interpolationFormat } from "../step-options/in-force.ts";
import { done, print, warn } from "../terminal.ts";
import type { Format } from "../usage.ts";

const pathFormat = (what: string, example: string): Format<string> => ({
  ...textFormat,
  expected: `the path of ${what}`,
  example,
});
const fixedFormat = pathFormat("the fixed image", "fixed.nii.gz");
const movingFormat = pathFormat("the moving image", "moving.nii.gz");
const maskFormat = pathFormat("a mask", "brain.nii.gz");
const outputFormat: Format<string> = { ...textFormat, expected: "the path to write to", example: "moved.nii.gz" };
const saveFormat: Format<string> = { ...textFormat, expected: "the path to write to", example: "transform.tfm" };

const pyramidFormat: Format<readonly number[]> = {
  expected: "shrink factors from 1, coarsest first",
  example: "4,2,1",
  read: (text) => {
    const factors = readNumbers(text);
    return factors?.every((factor) => factor >= 1) ? factors : undefined;
  },
};

const isInitialName = (text: string): text is InitialName => initialNames.some((name) => name === text);
const initialFormat: Format<string> = {
  ...textFormat,
  expected: `one of ${initialNames.join(", ")}, or the path of a transform`,
  example: "mass",
};

const input: OptionGroup = {
  title: "Images",
  options: [
    { name: "fixed", value: "FIXED", help: "The image that stays." },
    { name: "moving", value: "MOVING", help: "The image to be brought onto it." },
    {
      name: "mask",
      value: "MASK",
      help: "Where voxels of the fixed image count: weights, usually 0 and 1, in the world of the fixed image.",
    },
  ],
};
const search: OptionGroup = {
  title: "Search",
  options: [
    { name: "transform", value: transformKinds.join("|"), help: "What may move; rigid unless said." },
    {
      name: "metric",
      value: metricNames.join("|"),
      help: "What is compared. mse (unless said): squared differences. ncc: correlation, where brightness or contrast differ. mi: mutual information, for images of different kinds, such as CT and MR.",
    },
    {
      name: "initial",
      value: "NAME|FILE",
      help: "Where to begin: identity, as the images lie in the world; geometry, centres on each other; mass, centres of mass; moments, also their axes; or a transform. Unless said, best: whichever of the first three the metric prefers.",
    },
    { name: "pyramid", value: "F,F,…", help: "Shrink factors of the levels, coarsest first; 1 is full resolution." },
    { name: "optimizer", value: optimizerNames.join("|"), help: "lbfgs unless said." },
  ],
};
const output: OptionGroup = {
  title: "Output",
  options: [
    { name: "output", short: "o", value: "OUTPUT", help: "The moving image on the grid of the fixed one." },
    {
      name: "save-transform",
      value: "FILE",
      help: "The transform, from points of the fixed image to those of the moving one (LPS mm): .tfm for ITK and Slicer, .txt for a 4×4 matrix, .json.",
    },
    { name: "interp", value: "nearest|linear|bspline", help: "Interpolation of OUTPUT; linear unless said." },
    { name: "fill", value: "V|background", help: "What OUTPUT has where the moving image has nothing." },
    {
      name: "dtype",
      value: "T",
      help: "Keep OUTPUT as int16, uint8, float32, …: integers round half up and saturate.",
    },
    { name: "json", help: "Print the result as one JSON object instead of lines." },
  ],
};
const machine: OptionGroup = {
  title: "Machine",
  options: [
    { name: "backend", value: "auto|reference|wasm|webgpu", help: "What computes; the fastest at hand unless said." },
    { name: "threads", value: "N", help: "Threads to compute with, where the backend has threads." },
    { name: "memory", value: "MiB", help: "Refuse voxels beyond this; half of the machine's unless said." },
  ],
};

export const register: Command = {
  name: "register",
  summary: "Find the movement that brings one image onto another.",
  synopsis: "--fixed FIXED --moving MOVING [-o OUTPUT] [--save-transform FILE]",
  about: [
    "Finds the transform of the moving image that makes it agree best with the fixed one, from coarse images to fine ones, by gradients of the metric. Only what both images show is compared.",
    "`medimages run MOVING --transform FILE --like FIXED -o OUTPUT` applies a transform that was saved, to this image or to others, such as labels, that lie in the same world.",
  ],
  operands: [],
  groups: [input, search, output, machine],
  examples: [
    "medimages register --fixed a.nii.gz --moving b.nii.gz -o b-on-a.nii.gz",
    "medimages register --fixed ct.nii.gz --moving mr.nii.gz --metric mi --save-transform mr-to-ct.tfm -o mr-on-ct.nii.gz",
    "medimages register --fixed a.nii.gz --moving b.nii.gz --transform affine --initial mass --save-transform t.json",
  ],
  run: async (args, terminal) => {
    const fixedPath = args.required("fixed", fixedFormat, "the image that stays") ?? "";
    const movingPath = args.required("moving", movingFormat, "the image to be brought onto it") ?? "";
    const maskPath = args.value("mask", maskFormat);
    const kind = args.value("transform", wordFormat<TransformKind>(transformKinds, "affine"));
    const metric = args.value("metric", wordFormat(metricNames, "mi"));
    const initialText = args.value("initial", initialFormat);
    const pyramid = args.value("pyramid", pyramidFormat);
    const optimizer = args.value("optimizer", wordFormat<OptimizerName>(optimizerNames, "adam"));
    const target = args.value("output", outputFormat);
    const saved = args.value("save-transform", saveFormat);
    const interpolation = args.value("interp", interpolationFormat);
    const fill = args.value("fill", fillFormat);
    const dtype = args.value("dtype", dtypeFormat);
    const backendName = args.value("backend", backendFormat);
    const threads = args.value("threads", countFormat);
    const memory = args.value("memory", memoryFormat);
    if (target === undefined && saved === undefined && !args.has("json"))
      args.complain("nothing would be kept: give -o for the image, --save-transform for the transform, or --json");
    args.finish();

    if (target !== undefined) await writable(target);
    if (saved !== undefined) await writableTransform(saved);
    for (const path of [fixedPath, movingPath, ...(maskPath === undefined ? [] : [maskPath])]) await readable(path);
    const initial = await initialFrom(initialText);

    const { signal } = terminal;
    const common = signal ? { signal } : {};
    const budget = memory ?? Math.floor(platform.totalMemory / 2);
    const running = {
      ...common,
      memory: budget,
      ...(threads === undefined ? {} : { threads }),
      backend: backendNamed(backendName ?? "auto"),
    };
    const progress = progressOn(terminal);
    const load = (path: string) =>
      progress.during(`reading ${path}`, (onProgress) => loadImage(path, { ...common, memory: budget, onProgress }));
    const [fixed, moving] = [await load(fixedPath), await load(movingPath)];
    const mask = maskPath === undefined ? undefined : await load(maskPath);
    for (const { message } of [...fixed.warnings, ...moving.warnings, ...(mask?.warnings ?? [])])
      warn(terminal, `medimages register: warning: ${message}`);
    const start = performance.now();
    const registration = await progress.during("registering", (onProgress) =>
      find(fixed, moving, {
        ...running,
        ...(kind === undefined ? {} : { transform: kind }),
        ...(metric === undefined ? {} : { metric }),
        ...(initial === undefined ? {} : { initial }),
        ...(pyramid === undefined ? {} : { pyramid }),
        ...(optimizer === undefined ? {} : { optimizer }),
        ...(mask === undefined ? {} : { mask }),
        onIteration: (iteration) => onProgress(shareOf(iteration)),
      }),
    );
    const { transform } = registration;
    const seconds = (performance.now() - start) / 1000;
    if (saved !== undefined) await saveTransform(saved, transform);
    if (target !== undefined) {
      const sampling = {
        ...(interpolation === undefined ? {} : { interpolation }),
        ...(fill === undefined ? {} : { fill }),
      };
      const moved = pipe(moving, transformOperation(contentMapOf(transform), sampling), resampleToImage(fixed));
      const result = await progress.during("computing", (onProgress) =>
        evaluate(dtype === undefined ? moved : as(dtype)(moved), { ...running, onProgress }),
      );
      await progress.during(`writing ${target}`, (onProgress) => saveImage(target, result, { ...common, onProgress }));
    }
    print(
      terminal,
      args.has("json")
        ? JSON.stringify(recordOfRegistration(registration, metric ?? "mse", seconds))
        : describeRegistration(registration, metric ?? "mse", seconds),
    );
    return done;
  },
};

/** @throws MedImagesError as `loadTransform` */
const initialFrom = async (text: string | undefined): Promise<InitialName | Transform | undefined> => {
  if (text === undefined || isInitialName(text)) return text;
  await readable(text);
  return loadTransform(text);
};

/** How far a search is, as well as can be told: of each level an iteration is a fifth of what is left. */
const shareOf = ({ level, levels, iteration }: Iteration): number => (level + 1 - 0.8 ** iteration) / levels;
