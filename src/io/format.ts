/**
 * What a file format has to offer so that images can be read from it and written to it. Each format is
 * one entry of the table in `formats.ts`; nothing else needs to know that it exists.
 */
import type { DType, Rescale, Voxels } from "../../compiler/language/voxels.ts";
import type { Kind, MedImage, Warning } from "../image.ts";
import type { Content } from "./content.ts";
import type { ListedFiles } from "./dicom/directory.ts";
import type { SeriesOptions } from "./dicom/options.ts";

/** Everything about an image but its voxels. */
export interface ImageHeader
  extends Pick<
    MedImage,
    "grid" | "channels" | "modality" | "study" | "clinical" | "display" | "metadata" | "warnings"
  > {
  /** The format in words, such as "NIfTI-1". */
  readonly format: string;
  readonly dtype: DType;
  readonly rescale: Rescale;
  /** How many files the image is spread over; 1 unless said. */
  readonly files?: number;
  /** False where slices do not lie on one grid: such an image is described, and refused when it is read. */
  readonly regular?: boolean;
  /** What the voxels are, where the file says it. */
  readonly kind?: Kind;
}

export interface Progress {
  readonly signal?: AbortSignal;
  /** Called with the part of the voxels that was read or written, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface WriteOptions extends Progress {
  /**
   * Whether voxels are compressed, in formats whose suffix does not say it: MetaImage (not unless asked for) and NRRD
   * (as `.nrrd` unless refused).
   */
  readonly compress?: boolean;
}

/** An image whose header was read and checked; its voxels can be read once. */
export interface OpenedImage {
  readonly header: ImageHeader;
  /** Reads the voxels. The warnings are those that came up on the way. */
  read(progress: Progress): Promise<{ readonly voxels: Voxels; readonly warnings: readonly Warning[] }>;
  /** Reads the voxels and throws them away, in constant memory. */
  verify(progress: Progress): Promise<readonly Warning[]>;
  /** Closes what `open` opened beyond the content that it was handed. */
  close(): Promise<void>;
}

export interface ImageFormat {
  readonly name: string;
  /** In lower case, with the dot, the ones for new files first. */
  readonly suffixes: readonly string[];
  /** Whether a file that begins with these bytes (inflated) and has this name is of this format. */
  recognizes(head: Uint8Array, name: string): boolean;
  /** The files that a content lists instead of holding an image, in formats that have such; nothing where it does not. */
  readonly list?: (content: Content, options: SeriesOptions) => Promise<ListedFiles | undefined>;
  open(content: Content, options: SeriesOptions): Promise<OpenedImage>;
  /** Absent where the format is only read. */
  readonly write?: (path: string, image: MedImage, options: WriteOptions) => Promise<void>;
}
