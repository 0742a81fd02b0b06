/** `medimages convert`: the same image in another format or with another dtype. */
import { platform } from "#platform";
import { evaluate } from "../../evaluate.ts";
import { loadImage, saveImage } from "../../io/load.ts";
import { as } from "../../ops/intensity.ts";
import type { Command } from "../command.ts";
import { writable } from "../files.ts";
import { dtypeFormat, memoryFormat, mendFormat, seriesOptions, textFormat } from "../formats.ts";
import { progressOn } from "../progress.ts";
import { done, warn } from "../terminal.ts";

export const convert: Command = {
  name: "convert",
  summary: "Write an image in another format, or with another kind of voxels.",
  synopsis: "INPUT OUTPUT [--dtype T]",
  about: [
    "Reads an image and writes it in the format that the suffix of OUTPUT asks for. Voxels, rescale and geometry stay as they are unless a dtype is asked for. OUTPUT may be INPUT.",
  ],
  operands: ["INPUT", "OUTPUT"],
  groups: [
    {
      title: "Conversion",
      options: [
        {
          name: "dtype",
          value: "T",
          help: "Keep values as int16, uint8, float32, …, after the rescale: integers round half up and saturate.",
        },
        ...seriesOptions,
        {
          name: "memory",
          value: "MiB",
          help: "Refuse images whose voxels take more; half of the machine's unless said.",
        },
      ],
    },
  ],
  examples: ["medimages convert scan.hdr scan.nii.gz", "medimages convert ct.nii ct16.nii.gz --dtype int16"],
  run: async (args, terminal) => {
    const dtype = args.value("dtype", dtypeFormat);
    const series = args.value("series", textFormat);
    const mend = args.value("mend", mendFormat);
    const memory = args.value("memory", memoryFormat);
    args.finish();
    const [source = "", target = ""] = args.operands;
    await writable(target);

    const { signal } = terminal;
    const common = signal ? { signal } : {};
    const budget = memory === undefined ? {} : { memory };
    const which = { ...(series === undefined ? {} : { series }), ...(mend === undefined ? {} : { mend }) };
    const progress = progressOn(terminal);
    const image = await progress.during(`reading ${source}`, (onProgress) =>
      loadImage(source, { ...common, ...budget, ...which, onProgress }),
    );
    for (const { message } of image.warnings) warn(terminal, `medimages convert: warning: ${message}`);
    const result =
      dtype === undefined
        ? image
        : await progress.during("converting", (onProgress) =>
            evaluate(as(dtype)(image), {
              ...common,
              memory: memory ?? Math.floor(platform.totalMemory / 2),
              onProgress,
            }),
          );
    await progress.during(`writing ${target}`, (onProgress) => saveImage(target, result, { ...common, onProgress }));
    return done;
  },
};
