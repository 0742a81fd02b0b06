/** HDF5 files of several images, for people; everything behind it is loaded when it is first called. */
import { intensityImage, labelImage, type MedImage } from "../image.ts";
import { openContent } from "./content.ts";
import type { Progress } from "./format.ts";
import type { Hdf5Options } from "./hdf5/read.ts";
import type { SaveHdf5Options } from "./hdf5/write.ts";
import type { Budget } from "./limits.ts";
import type { ImageSource } from "./source.ts";

export type { SaveHdf5Options } from "./hdf5/write.ts";
export type LoadHdf5Options = Hdf5Options & Progress;

/**
 * Writes one image, under the name "image", or several by their names into an HDF5 file, complete or not at all;
 * with `append` beside those that it has. All that an image knows comes back; the layout is in docs/formats.md.
 * @throws MedImagesError `InvalidDocument` for a name that cannot be or is there already, `FileAccess`, `Aborted`,
 * `MalformedFile` when the file to be appended to is damaged
 */
export const saveHdf5 = async (
  path: string,
  images: MedImage | Readonly<Record<string, MedImage>>,
  options: SaveHdf5Options = {},
): Promise<void> => (await import("./hdf5/write.ts")).saveHdf5(path, images, options);

/**
 * Reads the image of an HDF5 file, or the one that `image` names, as the kind that it was saved as; or some `slices` of
 * it, along the third axis from 0 on, as an image that stands where they stand. What else is in the file is not read.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`, `Aborted`,
 * `InvalidDocument` for slices that there are not
 */
export const loadHdf5 = async (source: ImageSource, options: LoadHdf5Options = {}): Promise<MedImage> => {
  const { openHdf5 } = await import("./hdf5/read.ts");
  const content = await openContent(source);
  try {
    const { header, read } = await openHdf5(content, options);
    const { voxels } = await read(options);
    const { grid, channels, modality, study, clinical, display, metadata, warnings } = header;
    const parts = { voxels, grid, channels, modality, study, clinical, display, metadata, warnings };
    return header.kind === "label" ? labelImage(parts) : intensityImage(parts);
  } finally {
    await content.close();
  }
};

/**
 * The names of the images in an HDF5 file.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`
 */
export const listHdf5 = async (source: ImageSource, options: Budget = {}): Promise<readonly string[]> => {
  const { namesIn } = await import("./hdf5/read.ts");
  const content = await openContent(source);
  try {
    return await namesIn(content, options);
  } finally {
    await content.close();
  }
};
