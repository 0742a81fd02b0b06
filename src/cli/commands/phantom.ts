/** `medimages phantom`: an image to try things on, with no data at hand. */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import { product, type Vector3 } from "../../../compiler/language/vector.ts";
import { saveImage } from "../../io/load.ts";
import { phantom as draw, type PhantomKind, phantomKinds, phantomLabels } from "../../phantom/index.ts";
import type { Command } from "../command.ts";
import { writable } from "../files.ts";
import { memoryFormat, seedFormat, sizeFormat, spacingFormat, textFormat, wordFormat } from "../formats.ts";
import { progressOn } from "../progress.ts";
import { done } from "../terminal.ts";
import type { Format } from "../usage.ts";

const kindFormat: Format<PhantomKind> = wordFormat(phantomKinds, "mr");
const outputFormat: Format<string> = { ...textFormat, expected: "the path to write to", example: "ct.nii.gz" };

export const phantom: Command = {
  name: "phantom",
  summary: "Make a head as CT, MR or label image, to try everything without data.",
  synopsis: "-o OUTPUT [--kind ct|mr|labels] [--size X,Y,Z]",
  about: [
    "Draws a head and neck from ellipsoids, with noise, around the origin of the world. The anatomy lies at the same place in all three kinds, so labels annotate the CT; the MR is tilted by 8 degrees.",
  ],
  operands: [],
  groups: [
    {
      title: "Image",
      options: [
        {
          name: "output",
          short: "o",
          value: "OUTPUT",
          help: "Where to write; .nii, .nii.gz, .hdr/.img, .mha, .mhd, .nrrd, .nhdr or .h5.",
        },
        {
          name: "kind",
          value: "ct|mr|labels",
          help: `ct (unless said): int16 HU. mr: uint16, T1-weighted. labels: uint8, ${phantomLabels.map((name, k) => `${k} ${name}`).join(", ")}.`,
        },
        { name: "size", value: "X,Y,Z", help: "Voxels; 256,256,180 unless said." },
        {
          name: "spacing",
          value: "X,Y,Z",
          help: "mm; unless said, so that the whole head and neck, 230.4 × 230.4 × 270 mm, is in the image.",
        },
        { name: "seed", value: "N", help: "Seed of the noise; the same gives the same image. 1 unless said." },
        { name: "memory", value: "MiB", help: "Refuse more voxels than this; half of the machine's unless said." },
      ],
    },
  ],
  examples: [
    "medimages phantom -o ct.nii.gz",
    "medimages phantom --kind labels -o labels.nii.gz",
    "medimages phantom --kind mr --size 512,512,300 --seed 7 -o mr.nii.gz",
  ],
  run: async (args, terminal) => {
    const target = args.required("output", outputFormat, "the path to write to") ?? "";
    const kind = args.value("kind", kindFormat);
    const size = args.value("size", sizeFormat);
    const spacing = args.value("spacing", spacingFormat);
    const seed = args.value("seed", seedFormat);
    const memory = args.value("memory", memoryFormat);
    args.finish();
    checkMemory(size, memory ?? Math.floor(platform.totalMemory / 2));
    await writable(target);
    const image = draw({
      ...(kind === undefined ? {} : { kind }),
      ...(size === undefined ? {} : { size }),
      ...(spacing === undefined ? {} : { spacing }),
      ...(seed === undefined ? {} : { seed }),
    });
    const { signal } = terminal;
    await progressOn(terminal).during(`writing ${target}`, (onProgress) =>
      saveImage(target, image, { ...(signal ? { signal } : {}), onProgress }),
    );
    return done;
  },
};

const bytesPerVoxel = 2;

/** The machine may promise more memory than it has: a size that cannot be is refused before it is tried. */
const checkMemory = (size: Vector3 | undefined, budget: number): void => {
  const needed = size === undefined ? 0 : product(size) * bytesPerVoxel;
  if (needed > budget)
    fail({
      kind: "BudgetExceeded",
      what: "the phantom",
      needed,
      budget,
      remedy: "ask for a smaller --size, or allow more with --memory",
    });
};
