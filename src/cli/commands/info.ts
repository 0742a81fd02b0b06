/** `medimages info`: what files hold, for people and for programs. */

import { type ImageHeader, loadHeaders, loadImage } from "../../io/load.ts";
import { statistics } from "../../statistics.ts";
import type { Command } from "../command.ts";
import { report } from "../failures.ts";
import { memoryFormat, mendFormat, seriesOptions, textFormat } from "../formats.ts";
import { type Described, recordOf, tableOf } from "../image-record.ts";
import { progressOn } from "../progress.ts";
import { done, print } from "../terminal.ts";

export const info: Command = {
  name: "info",
  summary: "Show what files hold: geometry, modality, kind of voxels, their values.",
  synopsis: "PATH… [--json] [--stats] [--series UID]",
  about: [
    "Shows format, modality, size, spacing, orientation and kind of voxels of each file, and of each series of a DICOM folder or DICOMDIR, and everything that the reader had to put up with. Files are read to their end to make sure that all voxels are there: a damaged file ends with status 1.",
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
        ...seriesOptions,
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
    const mend = args.value("mend", mendFormat);
    const memory = args.value("memory", memoryFormat);
    args.finish();
    const { signal } = terminal;
    const budget = {
      ...(memory === undefined ? {} : { memory }),
      ...(signal ? { signal } : {}),
      ...(mend === undefined ? {} : { mend }),
    };
    const progress = progressOn(terminal);
    const withStatistics = args.has("stats");
    let status = done;
    const complain = (thrown: unknown): void => {
      status = report(terminal, thrown, "info", args.has("debug"));
    };
    /** The header with its statistics; a series that is no volume has none. */
    const look = async (path: string, header: ImageHeader, several: boolean): Promise<Described | undefined> => {
      if (!withStatistics || header.regular === false) return { header, stats: undefined };
      const uid = header.study.seriesUid;
      try {
        const image = await progress.during(`reading ${path}`, (onProgress) =>
          loadImage(path, { ...budget, ...(several && uid !== undefined ? { series: uid } : {}), onProgress }),
        );
        // An image knows more of what was wrong with its file than its header alone.
        return { header: { ...header, warnings: image.warnings }, stats: statistics(image) };
      } catch (thrown) {
        if (!several) throw thrown;
        complain(thrown);
        return undefined;
      }
    };
    for (const path of args.operands)
      try {
        const headers = await loadHeaders(path, {
          ...budget,
          ...(series === undefined ? { onUnreadable: complain } : { series }),
          verify: !withStatistics,
        });
        const several = headers.length > 1 || series !== undefined;
        const found = (await inOrder(headers, (header) => look(path, header, several))).flatMap((one) => one ?? []);
        if (found.length === 0) continue;
        if (args.has("json")) print(terminal, JSON.stringify(recordOf(path, found)));
        else for (const one of found) print(terminal, tableOf(path, one));
      } catch (thrown) {
        complain(thrown);
      }
    return status;
  },
};

/** One after the other: each may take all of the memory that there is. */
const inOrder = async <A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<readonly B[]> => {
  const results: B[] = [];
  for (const item of items) results.push(await work(item));
  return results;
};
