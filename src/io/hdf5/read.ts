/** Reading HDF5 files of this library's layout: which images there are, and one of them. */
import type { Group, File as Hdf5File } from "h5wasm";
import { fail } from "../../../compiler/errors.ts";
import { gridProblem } from "../../../compiler/language/grid.ts";
import { type Matrix3, matrix, type Vector3, vector } from "../../../compiler/language/vector.ts";
import { dtypes } from "../../../compiler/language/voxels.ts";
import type { Kind } from "../../image.ts";
import type { Content } from "../content.ts";
import type { OpenedImage } from "../format.ts";
import { allocateVoxels, type Budget, checkBudget } from "../limits.ts";
import { wholeOf } from "../whole.ts";
import { decodeHeader } from "./header.ts";
import { dtypeOfHdf5, imagesGroup, layoutVersion } from "./layout.ts";
import { readHdf5 } from "./library.ts";
import { describeMinc, isMinc, mincName } from "./minc.ts";
import { type DescribedVoxels, eachSlice, isDataset, isGroup, malformed, numbersOf, place } from "./slices.ts";

export interface Hdf5Options extends Budget {
  /** The name of the image; needed where a file has several. */
  readonly image?: string;
}

/** The images of a file, by name. */
const groupOf = (file: Hdf5File, path: string): Group => {
  const group = file.keys().includes(imagesGroup) ? file.get(imagesGroup) : null;
  if (!isGroup(group) || !("medimages" in file.attrs))
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: "is an HDF5 file without images of this library's layout",
      remedy: "see docs/formats.md for the layout that is read",
    });
  const version = Number(file.attrs.medimages?.value);
  if (!(version >= 1 && version <= layoutVersion))
    fail({
      kind: "UnsupportedFile",
      path,
      reason: `has the layout ${version}, where this reader knows ${layoutVersion}`,
    });
  return group;
};

const describe = (file: Hdf5File, name: string, path: string): DescribedVoxels => {
  const group = groupOf(file, path).get(name);
  const dataset = isGroup(group) ? group.get("voxels") : null;
  const text = isGroup(group) ? group.get("header") : null;
  if (!isDataset(dataset) || !isDataset(text)) return malformed(path, `its image "${name}" has no voxels or no header`);
  const dtype = dtypeOfHdf5(dataset.dtype) ?? malformed(path, `its image "${name}" has numbers of no dtype known here`);
  const shape = dataset.shape ?? [];
  if (shape.length !== 3 && shape.length !== 4) malformed(path, `its image "${name}" has ${shape.length} dimensions`);
  const [z = 0, y = 0, x = 0] = shape.slice(-3);
  const count = shape.length === 4 ? (shape[0] ?? 0) : 1;
  const { attrs } = dataset;
  const origin = numbersOf(attrs.origin, 3);
  const spacing = numbersOf(attrs.spacing, 3);
  const direction = numbersOf(attrs.direction, 9);
  if (origin === undefined || spacing === undefined || direction === undefined)
    return malformed(path, `its image "${name}" lacks origin, spacing or direction`);
  const size: Vector3 = [x, y, z];
  const turned: Matrix3 = matrix((r, c) => direction[r * 3 + c] ?? 0);
  const grid = {
    size,
    spacing: vector((k) => spacing[k] ?? 0),
    origin: vector((k) => origin[k] ?? 0),
    direction: turned,
  };
  const problem = gridProblem(grid) ?? (count >= 1 ? undefined : "it has no channels");
  if (problem !== undefined) malformed(path, `the geometry of its image "${name}" cannot be: ${problem}`);
  const [slope = 1, intercept = 0] = numbersOf(attrs.rescale, 2) ?? [];
  if (slope === 0) malformed(path, `the rescale slope of its image "${name}" is 0`);
  const stored = text.value;
  const known = typeof stored === "string" ? decodeHeader(stored, count) : undefined;
  if (known === undefined) return malformed(path, `the header of its image "${name}" is no text`);
  return {
    kind: attrs.kind?.value === "label" ? "label" : "intensity",
    count,
    at: `${imagesGroup}/${name}/voxels`,
    stored: dtype,
    eachRescale: undefined,
    header: {
      format: `HDF5 (medimages ${layoutVersion})`,
      grid,
      dtype,
      rescale: { slope, intercept },
      ...known,
    },
  };
};

/** The names of the images of a file. */
export const namesIn = async (content: Content, budget: Budget): Promise<readonly string[]> =>
  readHdf5(content.name, await wholeOf(content, budget), (file) =>
    isMinc(file) ? [mincName] : groupOf(file, content.name).keys(),
  );

const find = (file: Hdf5File, image: string | undefined, path: string): DescribedVoxels => {
  if (isMinc(file)) return describeMinc(file, path);
  const names = groupOf(file, path).keys();
  const wanted = image ?? (names.length === 1 ? names[0] : undefined);
  return wanted !== undefined && names.includes(wanted)
    ? describe(file, wanted, path)
    : fail({
        kind: "UnsupportedFile",
        path,
        reason: names.length === 0 ? "holds no image" : `holds the images ${names.join(", ")}`,
        remedy: 'name one: loadHdf5(path, { image: "NAME" })',
      });
};

/**
 * Opens the image of a file, or the one that is asked for; a MINC 2 file has one.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
 */
export const openHdf5 = async (
  content: Content,
  options: Hdf5Options,
): Promise<OpenedImage & { readonly kind: Kind }> => {
  const { name: path } = content;
  const bytes = await wholeOf(content, options);
  const described = await readHdf5(path, bytes, (file) => find(file, options.image, path));
  const { header, count, kind } = described;
  const numbers = header.grid.size.reduce((a, b) => a * b, count);
  const needed = numbers * dtypes[header.dtype].bytes;
  // Chunks are compressed inside, so that a file may claim far more than it holds.
  const claim: Content = { ...content, gzipped: true };
  return {
    kind,
    header: { ...header, warnings: [...header.warnings, ...content.warnings()] },
    read: async ({ signal, onProgress }) => {
      const buffer = allocateVoxels(claim, needed, numbers, options);
      const data = new dtypes[header.dtype].array(buffer, 0, numbers);
      await readHdf5(path, bytes, (file) =>
        eachSlice(file, described, path, (slice, at) => {
          if (signal?.aborted) fail({ kind: "Aborted" });
          place(slice, described, data, at);
          onProgress?.((at + slice.length) / numbers);
        }),
      );
      return { voxels: { dtype: header.dtype, data, channels: count, rescale: header.rescale }, warnings: [] };
    },
    verify: async () => {
      checkBudget(claim, needed, options);
      await readHdf5(path, bytes, (file) => eachSlice(file, described, path, () => {}));
      return [];
    },
    close: async () => {},
  };
};
