/**
 * Images in and out, whatever their format: what people call.
 */

import { platform } from "#platform";
import { fail, MedImagesError } from "../../compiler/errors.ts";
import { intensityImage, type Kind, labelImage, type MedImage } from "../image.ts";
import { type Content, openContent } from "./content.ts";
import type { SeriesOptions } from "./dicom/options.ts";
import type { ImageHeader, OpenedImage, Progress } from "./format.ts";
import { formatForWriting, formatOf } from "./formats.ts";
import type { ImageSource } from "./source.ts";

export type { ImageHeader } from "./format.ts";
export { encodeNifti, saveNifti } from "./nifti/write.ts";
export type { ImageSource } from "./source.ts";

/** Where images lie: one file, a folder with DICOM files (a path), or the files of such a folder as a list. */
export type SeriesSource = ImageSource | readonly ImageSource[];

export interface WhichSeries extends SeriesOptions {
  /** The SeriesInstanceUID of the series to take, where there are several. */
  readonly series?: string;
}
export interface LoadOptions extends Progress, WhichSeries {
  /**
   * Whether the voxels are class numbers. Few files say it reliably, so intensities are assumed; a DICOM
   * segmentation is a label image in any case.
   */
  readonly kind?: Kind;
}
export interface LoadHeaderOptions extends WhichSeries {
  /** Reads all voxels too and throws them away, so that truncation and wrong checksums come to light. */
  readonly verify?: boolean;
  /** Called for each series of a folder that cannot be read, instead of rejecting because of it. */
  readonly onUnreadable?: (error: MedImagesError) => void;
  readonly signal?: AbortSignal;
}
export type SaveOptions = Progress;

const isList = (source: SeriesSource): source is readonly ImageSource[] => Array.isArray(source);

/** The one file of a source that is no folder. */
const withFile = async <A>(
  source: ImageSource,
  options: WhichSeries,
  use: (opened: OpenedImage) => Promise<A>,
): Promise<A> => {
  const content: Content = await openContent(source);
  try {
    const format = await formatOf(content);
    const opened = await format.open(content, options);
    try {
      checkSeries(content.name, opened.header, options.series);
      return await use(opened);
    } finally {
      await opened.close();
    }
  } finally {
    await content.close();
  }
};

const checkSeries = (path: string, { format, study }: ImageHeader, uid: string | undefined): void => {
  if (uid !== undefined && study.seriesUid !== uid)
    fail({
      kind: "UnsupportedFile",
      path,
      reason: `holds no series ${uid}`,
      remedy:
        study.seriesUid === undefined
          ? `leave --series out: a ${format} file holds one image`
          : `its series is ${study.seriesUid}`,
    });
};

const isFolder = async (source: SeriesSource): Promise<boolean> =>
  isList(source) || (typeof source === "string" && (await platform.kindOfPath(source)) === "folder");

/** Opens all images of a source, one after the other, or the one of the series asked for. */
const withOpened = async <A>(
  source: SeriesSource,
  options: WhichSeries & { readonly signal?: AbortSignal; readonly all?: boolean } & Pick<
      LoadHeaderOptions,
      "onUnreadable"
    >,
  use: (opened: OpenedImage) => Promise<A>,
): Promise<readonly A[]> => {
  if (!isList(source) && !(await isFolder(source))) return [await withFile(source, options, use)];
  const { chooseSeries, openFolderSeries, readFolder } = await import("./dicom/folder.ts");
  const folder = await readFolder(isList(source) || typeof source === "string" ? source : [source], options);
  const every = options.all === true && options.series === undefined && folder.series.length > 0;
  const results: A[] = [];
  for (const series of every ? folder.series : [chooseSeries(folder, options.series)])
    try {
      results.push(await use(await openFolderSeries(folder, series, options)));
    } catch (thrown) {
      if (options.onUnreadable === undefined || !(thrown instanceof MedImagesError)) throw thrown;
      options.onUnreadable(thrown);
    }
  return results;
};

const only = <A>([first]: readonly A[]): A => first as A;

/**
 * Reads an image from a path, a `File`/`Blob` or bytes, or a series of DICOM files from a folder or a list of
 * such sources. Voxels keep their stored dtype, with the rescale
 * beside them; geometry is LPS millimetres. What the reader had to put up with is in `image.warnings`.
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
export const loadHeaders = (source: SeriesSource, options: LoadHeaderOptions = {}): Promise<readonly ImageHeader[]> =>
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
