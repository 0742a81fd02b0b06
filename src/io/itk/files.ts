/**
 * Files through ITK, which reads and writes by path: bytes are put into a folder of their own for it. What it wrote it
 * is asked for again, so that whatever a format does not hold is told instead of lost.
 */
import { platform } from "#platform";
import { fail, MedImagesError } from "../../../compiler/errors.ts";
import { dtypes } from "../../../compiler/language/voxels.ts";
import type { MedImage } from "../../image.ts";
import type { SourceFile } from "../custom-format.ts";
import { openSource } from "../source.ts";
import { missingIn } from "./complete.ts";
import { bytesOfItk, dtypeOfItk, type ItkImage, imageFromItk, imageToItk } from "./image.ts";

/** What is called of the package. */
interface ItkPackage {
  readImageNode(path: string, options: { readonly informationOnly: boolean }): Promise<ItkImage>;
  writeImageNode(image: ItkImage, path: string): Promise<void>;
}

const packageName = "@itk-wasm/image-io";

const load = async (path: string): Promise<ItkPackage> => {
  const missing = (cause?: unknown): never =>
    fail(
      {
        kind: "UnsupportedFile",
        path,
        reason: `is left to ITK, whose package ${packageName} could not be loaded`,
        remedy: `install ${packageName}, in Node`,
      },
      cause,
    );
  const found = await platform.load(packageName).catch(missing);
  return typeof found === "object" && found !== null && "readImageNode" in found && "writeImageNode" in found
    ? (found as ItkPackage)
    : missing();
};

/** ITK throws addresses of its own exceptions. */
const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error && !/^\d+$/.test(thrown.message) ? `: ${thrown.message.split("\n")[0]}` : "";

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

/**
 * @param suffix of the format, by which ITK knows it
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`
 */
export const readWithItk = async ({ name, bytes, memory }: SourceFile, suffix: string): Promise<MedImage> => {
  const itk = await load(name);
  return platform.withFolder(async (folder) => {
    const path = `${folder}/image${suffix}`;
    await platform.writeFile(path, once(bytes));
    try {
      const header = await itk.readImageNode(path, { informationOnly: true });
      const needed = bytesOfItk(header, name);
      const numbers = needed / dtypes[dtypeOfItk(header, name)].bytes;
      const missing = missingIn(bytes, suffix, { bytes: needed, numbers });
      if (missing !== undefined)
        fail({ kind: "MalformedFile", path: name, reason: missing, remedy: "get the file again from where it came" });
      if (needed > memory)
        fail({
          kind: "BudgetExceeded",
          path: name,
          what: "the image",
          needed,
          budget: memory,
          remedy: "state a larger `memory` in bytes (command line: --memory)",
        });
      return imageFromItk(await itk.readImageNode(path, { informationOnly: false }), name);
    } catch (thrown) {
      if (thrown instanceof MedImagesError) throw thrown;
      return fail(
        {
          kind: "MalformedFile",
          path: name,
          reason: `is not a file that ITK can read${reasonOf(thrown)}`,
          remedy: "get the file again from where it came",
        },
        thrown,
      );
    }
  });
};

/** Headers keep 32 bits of a number. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a), Math.abs(b));
const allNear = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((one, k) => near(one, b[k] ?? Number.NaN));

/** What of an image is not in the file that was made of it, in words. */
const lost = (wanted: ItkImage, found: ItkImage): readonly string[] => {
  const differs: readonly (readonly [string, boolean])[] = [
    ["type of voxels", wanted.imageType.componentType === found.imageType.componentType],
    ["channels", wanted.imageType.components === found.imageType.components],
    ["size", allNear(wanted.size, found.size)],
    ["spacing", allNear(wanted.spacing, found.spacing)],
    ["origin", allNear(wanted.origin, found.origin)],
    ["direction", allNear(wanted.direction, found.direction)],
  ];
  return differs.filter(([, same]) => !same).map(([what]) => what);
};

/**
 * The bytes of a file whose path says the format.
 * @throws MedImagesError `UnsupportedVoxels` for what the format cannot hold, `UnsupportedFile`
 */
export const writeWithItk = async (image: MedImage, path: string, format: string): Promise<Uint8Array> => {
  const itk = await load(path);
  const wanted = imageToItk(image);
  const { components, componentType } = wanted.imageType;
  const voxels = `${components > 1 ? `${components} channels` : "voxels"} of the type ${componentType}`;
  const refuse = (what: string, cause?: unknown): never =>
    fail(
      {
        kind: "UnsupportedVoxels",
        reason: `${what} cannot be kept in a file of the format ${format}`,
        remedy: "write NIfTI or NRRD",
      },
      cause,
    );
  return platform.withFolder(async (folder) => {
    const made = `${folder}/image${path.toLowerCase().slice(path.lastIndexOf("."))}`;
    const found = await itk
      .writeImageNode(wanted, made)
      .then(() => itk.readImageNode(made, { informationOnly: true }))
      .catch((thrown: unknown) => refuse(voxels, thrown));
    const missing = lost(wanted, found);
    if (missing.length > 0) refuse(`its ${missing.join(", ")}`);
    const source = await openSource(made);
    try {
      return await source.read(0, source.size);
    } finally {
      await source.close();
    }
  });
};
