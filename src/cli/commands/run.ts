/** `medimages run`: steps applied to an image, fused into as few passes as they allow. */

import { platform } from "#platform";
import { fail, MedImagesError } from "../../../compiler/errors.ts";
import { countPasses, explainPlan } from "../../../compiler/explain.ts";
import { channelsOf } from "../../../compiler/language/channel.ts";
import { voxelCount } from "../../../compiler/language/grid.ts";
import { compile, evaluate } from "../../evaluate.ts";
import type { Expression } from "../../expression.ts";
import type { MedImage } from "../../image.ts";
import { loadImage, saveImage } from "../../io/load.ts";
import { checkLength } from "../../io/longest.ts";
import { applySteps } from "../../json.ts";
import { orientationOf } from "../../orientation.ts";
import { explainStages } from "../../settle.ts";
import type { Step } from "../../step.ts";
import { backendFormat, chooseBackend } from "../backends.ts";
import { keepClasses } from "../classes.ts";
import type { Command } from "../command.ts";
import { allOf } from "../failures.ts";
import { writable } from "../files.ts";
import { countFormat, dtypeFormat, memoryFormat, mendFormat, seriesOptions, textFormat } from "../formats.ts";
import { showNumber } from "../image-record.ts";
import type { OptionGroup } from "../options.ts";
import { readPipeline } from "../pipeline-file.ts";
import { progressOn } from "../progress.ts";
import { plannedSteps, resolveSteps, samplingGroup, stepGroup } from "../steps.ts";
import { done, print, warn } from "../terminal.ts";
import type { Format } from "../usage.ts";

const outputFormat: Format<string> = { ...textFormat, expected: "the path to write to", example: "out.nii.gz" };
const pipelineFormat: Format<string> = { ...textFormat, expected: "the path of a pipeline", example: "steps.json" };

const input: OptionGroup = {
  title: "Input",
  options: [
    { name: "label", help: "The voxels are class numbers: nearest neighbour only, 0 outside." },
    ...seriesOptions,
    {
      name: "pipeline",
      value: "FILE.json",
      help: "Apply the steps of this file, then those of the command line. Paths in it are relative to it.",
    },
  ],
};
const output: OptionGroup = {
  title: "Output",
  options: [
    {
      name: "output",
      short: "o",
      value: "OUTPUT",
      help: "Where to write; .nii, .nii.gz, .hdr/.img, .mha, .mhd, .nrrd, .nhdr or .h5. May be the input.",
    },
    {
      name: "dtype",
      value: "T",
      help: "Keep the result as int16, uint8, float32, …: integers round half up and saturate. Unless said, interpolated values become float32 and others stay as they are.",
    },
    {
      name: "explain",
      help: "Print how many passes there are, what each does and the geometry of the result; with --backend webgpu its kernels, too. Without -o nothing else is done.",
    },
  ],
};
const machine: OptionGroup = {
  title: "Machine",
  options: [
    { name: "backend", value: "auto|reference|wasm|webgpu", help: "What computes; the fastest at hand unless said." },
    { name: "threads", value: "N", help: "Threads to compute with, where the backend has threads." },
    {
      name: "memory",
      value: "MiB",
      help: "Refuse voxels beyond this, of the input and of the result; half of the machine's unless said.",
    },
    { name: "timing", help: "Print the time that each phase took, as one line of JSON on stderr." },
  ],
};

export const run: Command = {
  name: "run",
  summary: "Resample, reorient, crop, rotate … an image, with a single interpolation.",
  synopsis: "INPUT [STEPS…] -o OUTPUT",
  about: [
    "Applies steps to an image in the order given. They are not carried out one after the other: their geometry is composed first and the image is looked at once, on the final grid, so that values are interpolated once and rotations do not cut off corners.",
    "Coordinates are millimetres in LPS (x to the left, y to the back, z up), as in DICOM and ITK. Orientation letters name the direction in which an index increases: RAS runs to the right, the front and up.",
  ],
  operands: ["INPUT"],
  groups: [stepGroup, samplingGroup, input, output, machine],
  examples: [
    "medimages run ct.nii.gz --spacing 1,1,1 --orient RAS -o iso.nii.gz",
    "medimages run ct.nii.gz --fill -1000 --interp bspline --rotate z:5 --dtype int16 -o out.nii.gz",
    "medimages run mask.nii.gz --label --like ct.nii.gz -o mask-on-ct.nii.gz",
    "medimages run ct.nii.gz --pipeline steps.json --explain",
  ],
  run: async (args, terminal) => {
    const steps = plannedSteps(args);
    const explains = args.has("explain");
    const series = args.value("series", textFormat);
    const mend = args.value("mend", mendFormat);
    const pipeline = args.value("pipeline", pipelineFormat);
    const target = explains
      ? args.value("output", outputFormat)
      : args.required("output", outputFormat, "the path to write to");
    const dtype = args.value("dtype", dtypeFormat);
    const backendName = args.value("backend", backendFormat);
    const threads = args.value("threads", countFormat);
    const memory = args.value("memory", memoryFormat);
    args.finish();
    const [source = ""] = args.operands;

    const backendFor = chooseBackend(backendName ?? "auto");
    if (target !== undefined) await writable(target);
    const [fromFile = [], fromFlags = []] = await allOf([
      pipeline === undefined ? [] : readPipeline(pipeline, memory),
      resolveSteps(steps, memory),
    ]);
    const last: readonly Step[] = dtype === undefined ? [] : [{ op: "as", dtype }];

    const { signal } = terminal;
    const common = signal ? { signal } : {};
    const budget = memory === undefined ? {} : { memory };
    const which = { ...(series === undefined ? {} : { series }), ...(mend === undefined ? {} : { mend }) };
    const progress = progressOn(terminal);
    const clock = stopwatch();
    const image = await progress.during(`reading ${source}`, (onProgress) =>
      loadImage(source, {
        ...common,
        ...budget,
        ...which,
        onProgress,
        kind: args.has("label") ? "label" : "intensity",
      }),
    );
    for (const { message } of image.warnings) warn(terminal, `medimages run: warning: ${message}`);
    const read_ms = clock();
    const allSteps = [...fromFile, ...fromFlags, ...last];
    const expression: Expression = applySteps(allSteps, image);
    const program = naming(source, () => compile(expression));
    const { plan } = program;
    const { backend, threads: threadsUsed } = await backendFor(program);
    const compile_ms = clock();
    if (explains) {
      print(terminal, explainPlan(plan));
      for (const line of explainStages(expression)) print(terminal, line);
      print(terminal, announce(expression));
      for (const kernel of backend.kernels?.(plan) ?? []) print(terminal, `\n${kernel.trimEnd()}`);
    }
    if (target === undefined) return done;
    checkLength(
      "the result",
      voxelCount(expression.grid) * channelsOf(expression.field),
      "crop it or ask for larger voxels",
    );
    const compute = (part: Expression): Promise<MedImage> =>
      progress.during("computing", (onProgress) =>
        evaluate(part, {
          ...common,
          memory: memory ?? Math.floor(platform.totalMemory / 2),
          ...(threads === undefined ? {} : { threads }),
          onProgress,
          backend,
        }),
      );
    await keepClasses(image, allSteps, compute);
    const result = await compute(expression);
    const run_ms = clock();
    await progress.during(`writing ${target}`, (onProgress) => saveImage(target, result, { ...common, onProgress }));
    const write_ms = clock();
    if (args.has("timing"))
      warn(
        terminal,
        JSON.stringify({
          phases: { read_ms, compile_ms, run_ms, write_ms },
          backend: backend.name,
          threads: threadsUsed(threads),
          passes: countPasses(plan).resampling,
          peak_rss_mib: Math.ceil(process.resourceUsage().maxRSS / 1024),
        }),
      );
    return done;
  },
};

/** The milliseconds since it was asked last, to a microsecond. */
const stopwatch = (): (() => number) => {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const elapsed = Math.round((now - last) * 1000) / 1000;
    last = now;
    return elapsed;
  };
};

/** Steps that cannot be are told together with the image that they cannot be applied to. */
const naming = <A>(source: string, work: () => A): A => {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof MedImagesError) || thrown.error.kind !== "InvalidPipeline") throw thrown;
    const errors = thrown.error.problems.map(
      ({ step, operation, reason, remedy }) => `step ${step + 1} (${operation}): ${reason}; ${remedy}`,
    );
    return fail({ kind: "InvalidDocument", path: source, errors }, thrown);
  }
};

const announce = ({ grid, storage }: Expression): string =>
  [
    `result: ${grid.size.join("×")} voxels of ${grid.spacing.map(showNumber).join(" × ")} mm, ${orientationOf(grid)}, ${storage.dtype}`,
    `  origin ${grid.origin.map(showNumber).join(", ")} mm (LPS)`,
    `  direction ${grid.direction.map(showNumber).join(" ")} (row-major)`,
  ].join("\n");
