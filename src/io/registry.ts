/**
 * Formats that this package does not know, added by whoever does: how to tell such a file, how to make an image of
 * its bytes, and the bytes of an image. Files, gzip, budgets and atomic writing stay with the library.
 */
import { platform } from "#platform";
import { fail, MedImagesError } from "../../compiler/errors.ts";
import type { MedImage } from "../image.ts";
import type { Content } from "./content.ts";
import type { ImageFormat, ImageHeader } from "./format.ts";
import type { Budget } from "./limits.ts";
import { wholeOf } from "./whole.ts";
import { withProgress } from "./write-pieces.ts";

/** What a reader of another format is handed. */
export interface SourceFile {
  /** Its path, or what a source without one is called in messages. */
  readonly name: string;
  /** All of it, inflated when it is gzipped. */
  readonly bytes: Uint8Array;
}

export interface CustomFormat {
  /** As it stands in messages and in `info`. */
  readonly name: string;
  /** In lower case, with the dot, such as ".mgh": files of these names are written by `write`. */
  readonly suffixes: readonly string[];
  /** Whether a file is of this format, by its first 1024 bytes (inflated; fewer of a short file) and its name. */
  sniff(head: Uint8Array, name: string): boolean;
  /** Makes the image, in LPS millimetres. What it throws is reported as the reason why the file cannot be read. */
  read(file: SourceFile): MedImage | Promise<MedImage>;
  /** The bytes of an image, in one piece or in several. Absent where the format is only read. */
  readonly write?: (image: MedImage) => Uint8Array | Iterable<Uint8Array>;
}

const registered: ImageFormat[] = [];
export const registeredFormats = (): readonly ImageFormat[] => registered;

const imageOf = async (format: CustomFormat, content: Content, budget: Budget): Promise<MedImage> => {
  const bytes = await wholeOf(content, budget);
  try {
    return await format.read({ name: content.name, bytes });
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return fail(
      { kind: "MalformedFile", path: content.name, reason: `cannot be read as ${format.name}: ${why}` },
      thrown,
    );
  }
};

const total = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

const adapted = (format: CustomFormat): ImageFormat => {
  const { name, suffixes, write } = format;
  return {
    name,
    suffixes,
    recognizes: (head, path) => format.sniff(head, path),
    open: async (content, budget) => {
      const image = await imageOf(format, content, budget);
      const { voxels, grid, channels, modality, study, clinical, display, metadata, warnings } = image;
      const header: ImageHeader = {
        ...{ grid, channels, modality, study, clinical, display, metadata },
        format: name,
        dtype: voxels.dtype,
        rescale: voxels.rescale,
        warnings: [...content.warnings(), ...warnings],
      };
      return { header, read: async () => ({ voxels, warnings: [] }), verify: async () => [], close: async () => {} };
    },
    ...(write === undefined
      ? {}
      : {
          write: async (path, image, options) => {
            const made = write(image);
            const pieces = made instanceof Uint8Array ? [made] : [...made];
            await platform.writeFile(path, withProgress(undefined, pieces, total(pieces), options), options.signal);
          },
        }),
  };
};

/**
 * Adds a format to those that `loadImage`, `loadHeader` and `saveImage` know. It is asked before those that come
 * with the package, the latest first.
 * @returns what takes it away again
 */
export const registerFormat = (format: CustomFormat): (() => void) => {
  const entry = adapted(format);
  registered.unshift(entry);
  return () => {
    const at = registered.indexOf(entry);
    if (at >= 0) registered.splice(at, 1);
  };
};
