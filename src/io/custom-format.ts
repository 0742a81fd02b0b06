/** Reading and writing files of formats that were added from outside: whole files in, pieces out. */
import { platform } from "#platform";
import { fail, MedImagesError } from "../../compiler/errors.ts";
import type { MedImage } from "../image.ts";
import type { Content } from "./content.ts";
import type { ImageHeader, OpenedImage, WriteOptions } from "./format.ts";
import { type Budget, memoryOf } from "./limits.ts";
import { wholeOf } from "./whole.ts";
import { withProgress } from "./write-pieces.ts";

/** What a reader of another format is handed. */
export interface SourceFile {
  /** Its path, or what a source without one is called in messages. */
  readonly name: string;
  /** All of it, inflated when it is gzipped. */
  readonly bytes: Uint8Array;
  /** As many bytes its voxels may take. */
  readonly memory: number;
}

/** The bytes of a file, in one piece or in several. */
export type FileBytes = Uint8Array | Iterable<Uint8Array>;

export interface CustomFormat {
  /** As it stands in messages and in `info`. */
  readonly name: string;
  /** In lower case, with the dot, such as ".mgh": files of these names are written by `write`. */
  readonly suffixes: readonly string[];
  /** Whether a file is of this format, by its first 1024 bytes (inflated; fewer of a short file) and its name. */
  sniff(head: Uint8Array, name: string): boolean;
  /** Makes the image, of either kind, in LPS millimetres. What it throws is reported as the reason why the file cannot be read. */
  read(file: SourceFile): MedImage | Promise<MedImage>;
  /** The bytes of an image for a path, in one piece or in several. Absent where the format is only read. */
  readonly write?: (image: MedImage, path: string) => FileBytes | Promise<FileBytes>;
}

const imageOf = async (format: CustomFormat, content: Content, budget: Budget): Promise<MedImage> => {
  const bytes = await wholeOf(content, budget);
  try {
    return await format.read({ name: content.name, bytes, memory: memoryOf(budget) });
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return fail(
      { kind: "MalformedFile", path: content.name, reason: `cannot be read as ${format.name}: ${why}` },
      thrown,
    );
  }
};

export const openCustom = async (format: CustomFormat, content: Content, budget: Budget): Promise<OpenedImage> => {
  const image = await imageOf(format, content, budget);
  const { kind, voxels, grid, channels, modality, study, clinical, display, metadata, warnings } = image;
  const header: ImageHeader = {
    ...{ kind, grid, channels, modality, study, clinical, display, metadata },
    format: format.name,
    dtype: voxels.dtype,
    rescale: voxels.rescale,
    warnings: [...content.warnings(), ...warnings],
  };
  return { header, read: async () => ({ voxels, warnings: [] }), verify: async () => [], close: async () => {} };
};

const total = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

export const writeCustom = async (path: string, made: FileBytes, options: WriteOptions): Promise<void> => {
  const pieces = made instanceof Uint8Array ? [made] : [...made];
  await platform.writeFile(path, withProgress(undefined, pieces, total(pieces), options), options.signal);
};
