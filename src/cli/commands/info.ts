/** `medimages info`: what files hold, for people and for programs. */

import { loadHeader, loadImage } from "../../io/load.ts";
import { statistics } from "../../statistics.ts";
import type { Command } from "../command.ts";
import { report } from "../failures.ts";
import { checkSeries } from "../files.ts";
import { memoryFormat, textFormat } from "../formats.ts";
import { recordOf, tableOf } from "../image-record.ts";
import { progressOn } from "../progress.ts";
import { done, print } from "../terminal.ts";

export const info: Command = {
  name: "info",
  summary: "Show what files hold: geometry, modality, kind of voxels, their values.",
  synopsis: "PATH… [--json] [--stats]",
  about: [
    "Shows format, modality, size, spacing, orientation and kind of voxels of each file, and everything that the reader had to put up with. Files are read to their end to make sure that all voxels are there: a damaged file ends with status 1.",
  ],
  operands: ["PATH…"],
  groups: [
    {
      title: "Output",
      options: [
        { name: "json", help: "Print one JSON object a path, each on a line, for programs." },
        { name: "stats", help: "Add least, largest and mean value (rescaled; of complex voxels the magnitude)." },
      ],
    },
    {
      title: "Reading",
      options: [
        { name: "series", value: "UID", help: "Show this series only." },
        {
          name: "memory",
          value: "MiB",
          help: "Refuse images whose voxels take more; half of the machine's unless said.",
        },
      ],
    },
  ],
  examples: ["medimages info ct.nii.gz", "medimages info --stats scans/*.nii.gz", "medimages info --json ct.nii.gz"],
  run: async (args, terminal) => {
    const series = args.value("series", textFormat);
    const memory = args.value("memory", memoryFormat);
    args.finish();
    const { signal } = terminal;
    const budget = { ...(memory === undefined ? {} : { memory }), ...(signal ? { signal } : {}) };
    const progress = progressOn(terminal);
    let status = done;
    for (const path of args.operands)
      try {
        await checkSeries(path, series);
        const withStatistics = args.has("stats");
        const header = await loadHeader(path, { ...budget, verify: !withStatistics });
        const image = withStatistics
          ? await progress.during(`reading ${path}`, (onProgress) => loadImage(path, { ...budget, onProgress }))
          : undefined;
        // An image knows more of what was wrong with its file than its header alone.
        const known = image === undefined ? header : { ...header, warnings: image.warnings };
        const stats = image && statistics(image);
        print(terminal, args.has("json") ? JSON.stringify(recordOf(path, known, stats)) : tableOf(path, known, stats));
      } catch (thrown) {
        status = report(terminal, thrown, "info", args.has("debug"));
      }
    return status;
  },
};
