/**
 * Images in and out, whatever their format: what people call.
 */
import { fail } from "../../compiler/errors.ts";
import { intensityImage, type Kind, labelImage, type MedImage } from "../image.ts";
import { type Content, openContent } from "./content.ts";
import type { ImageHeader, OpenedImage, Progress, WriteOptions } from "./format.ts";
import { formatForWriting, formatOf } from "./formats.ts";
import type { Budget } from "./limits.ts";
import type { ImageSource } from "./source.ts";

export type { ImageHeader } from "./format.ts";
export { encodeNifti, saveNifti } from "./nifti/write.ts";
export type { ImageSource } from "./source.ts";

export interface LoadOptions extends Progress, Budget {
  /** Whether the voxels are class numbers; files do not say it reliably, so intensities are assumed. */
  readonly kind?: Kind;
}
export interface LoadHeaderOptions extends Budget {
  /** Reads all voxels too and throws them away, so that truncation and wrong checksums come to light. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}
export type SaveOptions = WriteOptions;

const withOpened = async <A>(
  source: ImageSource,
  budget: Budget,
  use: (opened: OpenedImage) => Promise<A>,
): Promise<A> => {
  const content: Content = await openContent(source);
  try {
    const format = await formatOf(content);
    const opened = await format.open(content, budget);
    try {
      return await use(opened);
    } finally {
      await opened.close();
    }
  } finally {
    await content.close();
  }
};

/**
 * Reads an image from a path, a `File`/`Blob` or bytes. Voxels keep their stored dtype, with the rescale
 * beside them; geometry is LPS millimetres. What the reader had to put up with is in `image.warnings`.
 *
 * `memory` (bytes, half of the machine's unless said) bounds the voxels.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`, `UnsupportedVoxels`
 * for more numbers than an array can hold, `Aborted`
 */
export function loadImage(
  source: ImageSource,
  options: LoadOptions & { readonly kind: "label" },
): Promise<MedImage<"label">>;
export function loadImage(
  source: ImageSource,
  options?: LoadOptions & { readonly kind?: "intensity" },
): Promise<MedImage<"intensity">>;
export function loadImage(source: ImageSource, options?: LoadOptions): Promise<MedImage>;
export async function loadImage(source: ImageSource, options: LoadOptions = {}): Promise<MedImage> {
  return withOpened(source, options, async (opened) => {
    if (options.signal?.aborted) fail({ kind: "Aborted" });
    const { voxels, warnings } = await opened.read(options);
    const { format: _, dtype: __, rescale: ___, ...header } = opened.header;
    const parts = { ...header, voxels, warnings: [...header.warnings, ...warnings] };
    return options.kind === "label" ? labelImage(parts) : intensityImage(parts);
  });
}

/**
 * Reads everything about an image but its voxels.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`; with `verify` also `BudgetExceeded`
 */
export const loadHeader = (source: ImageSource, options: LoadHeaderOptions = {}): Promise<ImageHeader> =>
  withOpened(source, options, async (opened) => {
    const late = options.verify === true ? await opened.verify(options.signal ? { signal: options.signal } : {}) : [];
    return { ...opened.header, warnings: [...opened.header.warnings, ...late] };
  });

/**
 * Writes an image in the format that its name asks for, complete or not at all.
 * @throws MedImagesError `UnsupportedFile` for an unknown suffix, `UnsupportedVoxels`, `FileAccess`, `Aborted`
 */
export const saveImage = async (path: string, image: MedImage, options: SaveOptions = {}): Promise<void> =>
  formatForWriting(path).write(path, image, options);
