/**
 * One image type for every modality and format: voxels, where they stand in the world, and what is known
 * about them. It is a plain immutable value and itself the leaf of every expression.
 */

import { fail } from "../compiler/errors.ts";
import { type Grid, gridOf, gridProblem, standing, voxelCount } from "../compiler/language/grid.ts";
import { type Rescale, type VoxelArray, type Voxels, voxelsOf } from "../compiler/language/voxels.ts";

/** A label image holds class numbers: nothing between two of them means anything, so it admits nearest only. */
export type Kind = "intensity" | "label";

/** What made the image, with what it shows, as far as that is known. */
export type Modality =
  | { readonly kind: "CT" }
  | { readonly kind: "MRI"; readonly subtype?: "T1" | "T2" | "FLAIR" | "DWI" | "ADC" }
  | { readonly kind: "PET"; readonly subtype?: "FDG" | "PSMA" }
  | { readonly kind: "other"; readonly name?: string };

/** Identifiers and times, as DICOM has them. Dates are YYYYMMDD, times HHMMSS.FFFFFF (DICOM DA and TM). */
export interface Study {
  readonly studyUid?: string;
  readonly seriesUid?: string;
  readonly frameOfReferenceUid?: string;
  readonly patientId?: string;
  readonly studyDate?: string;
  readonly studyTime?: string;
  readonly seriesDate?: string;
  readonly seriesTime?: string;
  readonly acquisitionDate?: string;
  readonly acquisitionTime?: string;
  readonly studyDescription?: string;
  readonly seriesDescription?: string;
  /** Name of the contrast agent; the empty string says that none was given. */
  readonly contrast?: string;
}

/** What is known of the patient; units: years, kg, m. */
export interface Clinical {
  readonly age?: number;
  readonly sex?: "female" | "male" | "other";
  readonly weight?: number;
  readonly height?: number;
}

/** How a viewer should show the image: window in real units, and a colour table by name. */
export interface Display {
  readonly window?: { readonly center: number; readonly width: number };
  readonly colorMap?: string;
}

/**
 * What the channels of the voxels are. `components` are the parts of one value (colour, or real and
 * imaginary); `shape` are the sizes of the axes after the third (time first, as in NIfTI). A channel's
 * number is component + components · (position along `shape`, first axis fastest).
 */
export interface Channels {
  readonly components: "scalar" | "rgb" | "rgba" | "complex";
  readonly shape: readonly number[];
}
export const componentCount: Readonly<Record<Channels["components"], number>> = {
  scalar: 1,
  rgb: 3,
  rgba: 4,
  complex: 2,
};

/** Something that a reader had to put up with. */
export interface Warning {
  readonly kind: string;
  readonly message: string;
}

export type MetadataValue =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly MetadataValue[]
  | { readonly [key: string]: MetadataValue };
/** Whatever else the source said, under the source's own names, so that it can be written back. */
export type Metadata = { readonly [key: string]: MetadataValue };

/** An image: an immutable value, and itself an expression to which operations can be applied. */
export interface MedImage<K extends Kind = Kind> {
  readonly type: "image";
  readonly kind: K;
  readonly voxels: Voxels;
  readonly grid: Grid;
  readonly channels: Channels;
  readonly modality: Modality;
  /** Where the voxels lie. Those on a GPU can be computed with like others; to read them, `toCpu` fetches them. */
  readonly device: "cpu" | "gpu";
  readonly study: Study;
  readonly clinical: Clinical;
  readonly display: Display;
  readonly metadata: Metadata;
  readonly warnings: readonly Warning[];
}

/** An image whose voxels lie on a GPU, until it is disposed of (`using`, or `release`). */
export interface GpuImage<K extends Kind = Kind> extends MedImage<K>, Disposable {
  readonly device: "gpu";
}

/** The image on a GPU; copies of it are not disposed of with it. */
export const onGpu = <K extends Kind>(
  image: Omit<MedImage<K>, "voxels"> & { readonly voxels: Voxels & Disposable },
): GpuImage<K> => {
  const { voxels } = image;
  const made = { ...image, device: "gpu" as const, [Symbol.dispose]: () => voxels[Symbol.dispose]() };
  return Object.defineProperty(made, Symbol.dispose, { enumerable: false });
};

/** All parts of an image but voxels and grid may be left out. */
export type MedImageParts<K extends Kind> = { readonly voxels: Voxels; readonly grid: Grid } & Partial<
  Omit<MedImage<K>, "voxels" | "grid" | "type" | "kind">
>;

const complete = <K extends Kind>(kind: K, parts: MedImageParts<K>): MedImage<K> => ({
  type: "image",
  kind,
  channels: { components: "scalar", shape: parts.voxels.channels === 1 ? [] : [parts.voxels.channels] },
  modality: { kind: "other" },
  device: "cpu",
  study: {},
  clinical: {},
  display: {},
  metadata: {},
  warnings: [],
  ...parts,
  grid: standing(parts.grid),
});

/**
 * An image of intensities, of which all but voxels and grid may be left out.
 * @throws MedImagesError `InvalidDocument` when lengths and sizes disagree, or a grid or rescale cannot be
 */
export const intensityImage = (parts: MedImageParts<"intensity">): MedImage<"intensity"> =>
  complete("intensity", checked(parts));
/** An image of class numbers, otherwise as {@link intensityImage}. @throws as that */
export const labelImage = (parts: MedImageParts<"label">): MedImage<"label"> => complete("label", checked(parts));

/** The image as class numbers instead of intensities, or the other way round; voxels are shared. */
export const asKind = <K extends Kind>(kind: K, image: MedImage): MedImage<K> => ({ ...image, kind });

/**
 * An intensity image around an array: `data` is x fastest, then y, z, channels; the grid has 1 mm spacing,
 * origin 0 and direction LPS unless said otherwise.
 * @throws MedImagesError `InvalidDocument` when lengths and sizes disagree.
 */
export const imageFromArray = (
  data: VoxelArray,
  grid: Pick<Grid, "size"> & Partial<Grid>,
  rest: { readonly channels?: number; readonly rescale?: Rescale } = {},
): MedImage<"intensity"> => intensityImage({ voxels: voxelsOf(data, rest), grid: gridOf(grid.size, grid) });

/**
 * The real numbers that the voxels stand for, slope · stored + intercept, x fastest, then y, z and channels: what
 * `voxels.data` keeps in whatever dtype the file had, 64-bit integers rounded to 53 bits.
 * @throws MedImagesError `UnsupportedVoxels` for an image on a GPU
 */
export const realValues = ({ voxels: { data, rescale } }: Pick<MedImage, "voxels">): Float64Array<ArrayBuffer> => {
  const values = new Float64Array(data.length);
  for (let k = 0; k < values.length; k++) values[k] = rescale.slope * Number(data[k]) + rescale.intercept;
  return values;
};

/** An image of voxels on a GPU, of which nobody but their device can count. @throws MedImagesError `InvalidDocument` */
export const imageOnGpu = (
  parts: MedImageParts<"intensity"> & { readonly voxels: Voxels & Disposable },
): GpuImage<"intensity"> => {
  const { channels } = parts.voxels;
  const problem =
    gridProblem(parts.grid) ??
    (Number.isInteger(channels) && channels > 0 ? undefined : `${channels} is no number of channels`) ??
    rescaleProblem(parts.voxels);
  if (problem !== undefined) return fail({ kind: "InvalidDocument", errors: [`an image cannot be made: ${problem}`] });
  return onGpu({ ...complete("intensity", parts), voxels: parts.voxels });
};

const rescaleProblem = ({ rescale: { slope, intercept } }: Voxels): string | undefined =>
  Number.isFinite(slope) && slope !== 0 && Number.isFinite(intercept)
    ? undefined
    : "the rescale slope must be a finite number other than 0 and the intercept finite";

const checked = <P extends { readonly voxels: Voxels; readonly grid: Grid }>(parts: P): P => {
  const { voxels, grid } = parts;
  const problem =
    gridProblem(grid) ??
    (voxels.data.length === voxelCount(grid) * voxels.channels
      ? undefined
      : `${voxels.data.length} voxels do not fill ${grid.size.join("×")} with ${voxels.channels} channel(s)`) ??
    rescaleProblem(voxels);
  return problem === undefined
    ? parts
    : fail({ kind: "InvalidDocument", errors: [`an image cannot be made: ${problem}`] });
};
