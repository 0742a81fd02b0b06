/** Pipelines from files: every mistake in one of them is told, those of the images it names included. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isLeft } from "fp-ts/lib/Either.js";
import { describe, fail, MedImagesError } from "../../compiler/errors.ts";
import type { Grid } from "../../compiler/language/grid.ts";
import { loadHeader } from "../io/load.ts";
import { decodeSteps, imagesIn } from "../json.ts";
import type { Step } from "../step.ts";
import { readable } from "./files.ts";

/** Reads the steps of a pipeline file. @throws MedImagesError `FileAccess`, `InvalidDocument` */
export const readPipeline = async (path: string, memory: number | undefined): Promise<readonly Step[]> => {
  await readable(path);
  const document = parse(path, await readFile(path, "utf8"));
  const images = new Map<string, Grid>();
  const unreadable = new Map<string, string>();
  for (const name of new Set(imagesIn(document)))
    try {
      const header = await loadHeader(resolve(dirname(path), name), memory === undefined ? {} : { memory });
      images.set(name, header.grid);
    } catch (thrown) {
      if (!(thrown instanceof MedImagesError)) throw thrown;
      unreadable.set(name, describe(thrown.error));
    }
  const steps = decodeSteps(document, {
    name: path,
    images: Object.fromEntries(images),
    unreadable: Object.fromEntries(unreadable),
  });
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
