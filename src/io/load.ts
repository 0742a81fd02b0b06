/**
 * Images in and out, whatever their format: what people call.
 */

import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import { intensityImage, type Kind, labelImage, type MedImage } from "../image.ts";
import { type Content, openContent } from "./content.ts";
import type { EachSeries, WhichSeries } from "./dicom/options.ts";
import type { ImageHeader, OpenedImage, Progress, WriteOptions } from "./format.ts";
import { formatForWriting, formatOf } from "./formats.ts";
import type { ImageSource } from "./source.ts";

export type { WhichSeries } from "./dicom/options.ts";
export type { ImageHeader } from "./format.ts";
export { encodeNifti, saveNifti } from "./nifti/write.ts";
export type { ImageSource } from "./source.ts";

/**
 * Where images lie: one file, a folder with DICOM files (a path), the files of such a folder as a list, or the
 * DICOMDIR that lists them (a path).
 */
export type SeriesSource = ImageSource | readonly ImageSource[];

export interface LoadOptions extends Progress, WhichSeries {
  /**
   * Whether the voxels are class numbers. Few files say it reliably, so intensities are assumed where nothing is said
   * here, but for DICOM segmentations, and for HDF5 files that say so of an image.
   */
  readonly kind?: Kind;
}
export interface LoadHeaderOptions extends WhichSeries {
  /** Reads all voxels too and throws them away, so that truncation and wrong checksums come to light. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}
export type LoadHeadersOptions = LoadHeaderOptions & Pick<EachSeries, "onUnreadable">;
export type SaveOptions = WriteOptions;

const isList = (source: SeriesSource): source is readonly ImageSource[] => Array.isArray(source);

const folders = (): Promise<typeof import("./dicom/folder.ts")> => import("./dicom/folder.ts");

/** The one file of a source that is no folder, or those that it lists. */
const withFile = async <A>(
  source: ImageSource,
  options: EachSeries,
  use: (opened: OpenedImage) => Promise<A>,
): Promise<readonly A[]> => {
  const content: Content = await openContent(source);
  try {
    const format = await formatOf(content);
    const listed = await format.list?.(content, options);
    if (listed !== undefined) return await (await folders()).eachSeries(listed, options, use);
    const opened = await format.open(content, options);
    try {
      if (options.series !== undefined) (await folders()).checkSeries(content.name, opened.header, options.series);
      return [await use(opened)];
    } finally {
      await opened.close();
    }
  } finally {
    await content.close();
  }
};

/** Opens all images of a source, one after the other, or the one of the series asked for. */
const withOpened = async <A>(
  source: SeriesSource,
  options: EachSeries,
  use: (opened: OpenedImage) => Promise<A>,
): Promise<readonly A[]> => {
  const folderLike = isList(source) || (typeof source === "string" && (await platform.kindOfPath(source)) === "folder");
  if (!folderLike) return withFile(source, options, use);
  return (await folders()).eachSeries(source, options, use);
};

const only = <A>([first]: readonly A[]): A => first as A;

/**
 * Reads an image from a path, a `File`/`Blob` or bytes, or a series of DICOM files from a folder or a list of
 * such sources. Voxels keep their stored dtype, with the rescale beside them; geometry is LPS millimetres. What
 * the reader had to put up with is in `image.warnings`.
 *
 * `kind` says whether voxels are class numbers. Left out, they are intensities, unless the file says of itself that
 * it holds labels (DICOM SEG, HDF5): types cannot know what files say, so the type of the result says intensities, and
 * interpolating such an image is refused when it is evaluated. Say `kind: "label"` where segmentations are expected.
 *
 * `memory` (bytes, half of the machine's unless said) bounds the voxels.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`, `UnsupportedVoxels`
 * for more numbers than an array can hold, `Aborted`
 */
export function loadImage(
  source: SeriesSource,
  options: LoadOptions & { readonly kind: "label" },
): Promise<MedImage<"label">>;
export function loadImage(
  source: SeriesSource,
  options?: LoadOptions & { readonly kind?: "intensity" },
): Promise<MedImage<"intensity">>;
export function loadImage(source: SeriesSource, options?: LoadOptions): Promise<MedImage>;
export async function loadImage(source: SeriesSource, options: LoadOptions = {}): Promise<MedImage> {
  return withOpened(source, options, async (opened) => {
    if (options.signal?.aborted) fail({ kind: "Aborted" });
    const { voxels, warnings } = await opened.read(options);
    const { grid, channels, modality, study, clinical, display, metadata } = opened.header;
    const known = { grid, channels, modality, study, clinical, display, metadata };
    const parts = { ...known, voxels, warnings: [...opened.header.warnings, ...warnings] };
    return (options.kind ?? opened.header.kind) === "label" ? labelImage(parts) : intensityImage(parts);
  }).then(only);
}

/**
 * Reads everything about an image but its voxels.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`; with `verify` also `BudgetExceeded`
 */
export const loadHeader = (source: SeriesSource, options: LoadHeaderOptions = {}): Promise<ImageHeader> =>
  withOpened(source, options, (opened) => headerOf(opened, options)).then(only);

/**
 * As {@link loadHeader}, for all series of a folder, or for the one asked for.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`; with `verify` also `BudgetExceeded`
 */
export const loadHeaders = (source: SeriesSource, options: LoadHeadersOptions = {}): Promise<readonly ImageHeader[]> =>
  withOpened(source, { ...options, all: true }, (opened) => headerOf(opened, options));

const headerOf = async (opened: OpenedImage, { verify, signal }: LoadHeaderOptions): Promise<ImageHeader> => {
  const late = verify === true ? await opened.verify(signal ? { signal } : {}) : [];
  return { ...opened.header, warnings: [...opened.header.warnings, ...late] };
};

/**
 * Writes an image in the format that its name asks for, complete or not at all.
 * @throws MedImagesError `UnsupportedFile` for an unknown suffix, `UnsupportedVoxels`, `FileAccess`, `Aborted`
 */
export const saveImage = async (path: string, image: MedImage, options: SaveOptions = {}): Promise<void> =>
  formatForWriting(path).write(path, image, options);
