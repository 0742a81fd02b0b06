/** Pipelines from files: every mistake in one of them is told, those of the images it names included. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isLeft } from "fp-ts/lib/Either.js";
import { describe, fail, MedImagesError } from "../../compiler/errors.ts";
import type { Grid } from "../../compiler/language/grid.ts";
import { loadHeader, loadImage } from "../io/load.ts";
import { decodeSteps, imagesIn, masksIn } from "../json.ts";
import { landmarksCodec } from "../ops/normalise.ts";
import type { Landmarks, Step } from "../step.ts";
import { readable } from "./files.ts";

/** Reads the steps of a pipeline file. @throws MedImagesError `FileAccess`, `InvalidDocument` */
export const readPipeline = async (path: string, memory: number | undefined): Promise<readonly Step[]> => {
  await readable(path);
  const document = parse(path, await readFile(path, "utf8"));
  const unreadable = new Map<string, string>();
  const budget = memory === undefined ? {} : { memory };
  /** What is read of each file that is named; why it cannot be is told with all else that is wrong. */
  const readAll = async <A>(
    names: readonly string[],
    read: (path: string) => Promise<A>,
  ): Promise<Readonly<Record<string, A>>> => {
    const found = new Map<string, A>();
    for (const name of new Set(names))
      try {
        found.set(name, await read(resolve(dirname(path), name)));
      } catch (thrown) {
        if (!(thrown instanceof MedImagesError)) throw thrown;
        unreadable.set(name, describe(thrown.error));
      }
    return Object.fromEntries(found);
  };
  const images = await readAll(
    imagesIn(document),
    async (file): Promise<Grid> => (await loadHeader(file, budget)).grid,
  );
  const masks = await readAll(masksIn(document), (file) => loadImage(file, { ...budget, kind: "label" }));
  const steps = decodeSteps(document, { name: path, images, masks, unreadable: Object.fromEntries(unreadable) });
  return isLeft(steps) ? fail(steps.left) : steps.right;
};

const parse = (path: string, text: string): unknown => {
  try {
    // Some editors begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return fail({ kind: "InvalidDocument", path, errors: [`is not JSON: ${reason}`] }, thrown);
  }
};

/** Reads landmarks, as `nyulTrain` gives them. @throws MedImagesError `FileAccess`, `InvalidDocument` */
export const readLandmarks = async (path: string): Promise<Landmarks> => {
  await readable(path);
  const document = parse(path, await readFile(path, "utf8"));
  if (landmarksCodec.is(document)) return document;
  return fail({ kind: "InvalidDocument", path, errors: [`expected ${landmarksCodec.name}`] });
};
