/** Writing HDF5: images into a new file, or into one that has others already. */
import type { Dataset, Group, File as Hdf5File } from "h5wasm";
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import { dtypes } from "../../../compiler/language/voxels.ts";
import type { MedImage } from "../../image.ts";
import { openContent } from "../content.ts";
import type { Progress } from "../format.ts";
import { wholeOf } from "../whole.ts";
import { withProgress } from "../write-pieces.ts";
import { placeholder, shuffleBeforeGzip } from "./filters.ts";
import { encodeHeader } from "./header.ts";
import { hdf5Types, imagesGroup, layoutVersion } from "./layout.ts";
import { writeHdf5 } from "./library.ts";

export interface SaveHdf5Options extends Progress {
  /** Keeps the images that the file has; those of the same names are refused. */
  readonly append?: boolean;
}

/** The sizes of a dataset: channels where there are several, slices, rows, columns. */
const shapeOf = ({ grid, voxels }: MedImage, first: number, second: number): number[] => {
  const [x, y] = grid.size;
  return voxels.channels > 1 ? [first, second, y, x] : [second, y, x];
};

/** Makes room for an image, without any voxels. */
const addEmpty = (images: Group, name: string, image: MedImage): void => {
  const { dtype, channels } = image.voxels;
  images.create_group(name).create_dataset({
    name: "voxels",
    data: new dtypes[dtype].array(0),
    dtype: hdf5Types[dtype],
    shape: shapeOf(image, channels, 0),
    maxshape: shapeOf(image, channels, image.grid.size[2]),
    chunks: shapeOf(image, 1, 1),
    compression: 1,
    compression_opts: placeholder(dtypes[dtype].bytes),
  });
};

const fill = (images: Group, name: string, image: MedImage, { signal }: Progress): void => {
  const { voxels, grid, kind, channels, modality, study, clinical, display, metadata, warnings } = image;
  const { data, channels: count, rescale } = voxels;
  const [x, y, z] = grid.size;
  const group = images.get(name) as Group;
  const slice = x * y;
  const spread = count > 1;
  const dataset = group.get("voxels") as Dataset;
  dataset.resize(shapeOf(image, count, z));
  // A slice at a time, so that the library holds no second copy of all voxels.
  for (let k = 0; k < count * z; k++) {
    if (signal?.aborted) fail({ kind: "Aborted" });
    const [c, s] = [Math.floor(k / z), k % z];
    const place: [number, number][] = spread
      ? [
          [c, c + 1],
          [s, s + 1],
        ]
      : [[s, s + 1]];
    dataset.write_slice([...place, [], []], data.subarray(k * slice, (k + 1) * slice));
  }
  dataset.create_attribute("origin", [...grid.origin], null, "<d");
  dataset.create_attribute("spacing", [...grid.spacing], null, "<d");
  dataset.create_attribute("direction", [...grid.direction], null, "<d");
  dataset.create_attribute("image_type", modality.kind);
  if ("subtype" in modality && modality.subtype !== undefined)
    dataset.create_attribute("image_subtype", modality.subtype);
  dataset.create_attribute("kind", kind);
  dataset.create_attribute("rescale", [rescale.slope, rescale.intercept], null, "<d");
  const texts: readonly (readonly [string, string | undefined])[] = [
    ["study_uid", study.studyUid],
    ["series_uid", study.seriesUid],
    ["patient_id", study.patientId],
  ];
  for (const [key, value] of texts) if (value !== undefined && value !== "") dataset.create_attribute(key, value);
  const header = encodeHeader({ channels, modality, study, clinical, display, metadata, warnings });
  group.create_dataset({ name: "header", data: header });
};

const imagesOf = (file: Hdf5File): Group => {
  const found = file.keys().includes(imagesGroup) ? file.get(imagesGroup) : null;
  if (found !== null) return found as Group;
  file.create_attribute("medimages", layoutVersion, null, "<i");
  return file.create_group(imagesGroup);
};

const isImage = (images: MedImage | Readonly<Record<string, MedImage>>): images is MedImage =>
  "type" in images && images.type === "image";

/**
 * Writes one image, under the name "image", or several by their names into an HDF5 file, complete or not at all.
 * All that an image knows comes back; the layout is described in docs/formats.md. The file is put together in memory.
 * @throws MedImagesError `InvalidDocument` for a name that cannot be or is there already, `FileAccess`, `Aborted`,
 * `MalformedFile` when the file to be appended to is damaged
 */
export const saveHdf5 = async (
  path: string,
  images: MedImage | Readonly<Record<string, MedImage>>,
  options: SaveHdf5Options = {},
): Promise<void> => {
  const all = isImage(images) ? { image: images } : images;
  const bad = Object.keys(all).find((name) => !/^[^/\0]+$/.test(name) || name === "." || name === "..");
  if (bad !== undefined) fail({ kind: "InvalidDocument", path, errors: [`"${bad}" cannot be the name of an image`] });
  const appends = options.append === true && (await platform.kindOfPath(path)) === "file";
  const before = appends ? await contentBytes(path) : undefined;
  const empty = await writeHdf5(path, before, (file) => {
    const group = imagesOf(file);
    const there = new Set(group.keys());
    for (const [name, image] of Object.entries(all)) {
      if (there.has(name)) fail({ kind: "InvalidDocument", path, errors: [`there is an image "${name}" already`] });
      addEmpty(group, name, image);
    }
  });
  shuffleBeforeGzip(empty);
  const bytes = await writeHdf5(path, empty, (file) => {
    const group = imagesOf(file);
    for (const [name, image] of Object.entries(all)) fill(group, name, image, options);
  });
  await platform.writeFile(path, withProgress(undefined, [bytes], bytes.length, options), options.signal);
};

const contentBytes = async (path: string): Promise<Uint8Array> => {
  const content = await openContent(path);
  try {
    return await wholeOf(content, {});
  } finally {
    await content.close();
  }
};
