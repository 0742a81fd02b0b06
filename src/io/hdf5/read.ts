/** Reading HDF5 files: which images there are, and one of them, or some of its slices, without reading the rest. */
import type { File as Hdf5File } from "h5wasm";
import { fail } from "../../../compiler/errors.ts";
import { subgrid, voxelCount } from "../../../compiler/language/grid.ts";
import { dtypes } from "../../../compiler/language/voxels.ts";
import type { Content } from "../content.ts";
import type { OpenedImage } from "../format.ts";
import { allocateVoxels, type Budget, checkBudget } from "../limits.ts";
import { bytesSource } from "../source.ts";
import { wholeOf } from "../whole.ts";
import type { Bytes } from "./heap.ts";
import { juliaLayout } from "./julia.ts";
import { readHdf5 } from "./library.ts";
import { mincLayout } from "./minc.ts";
import { ownLayout } from "./own.ts";
import { type DescribedVoxels, eachPart, type Layout, place, type Slices } from "./slices.ts";

export interface Hdf5Options extends Budget {
  /** The name of the image; needed where a file has several. */
  readonly image?: string;
  /** Slices along the third axis, all unless said; what a file on disk or in memory has beside them is not read. */
  readonly slices?: Slices;
}

/** The file where it lies, or all that a packed one inflates to. */
const bytesOf = async (content: Content, budget: Budget): Promise<Bytes> => {
  const { source } = content;
  if (source?.readNow !== undefined) return { size: source.size, readNow: source.readNow };
  return bytesSource(await wholeOf(content, budget));
};

/** What is read, in the order in which files are held against it; the first that fits is taken. */
const layouts: readonly Layout[] = [mincLayout, ownLayout, juliaLayout];

/** @throws MedImagesError `UnsupportedFile` */
const layoutOf = (file: Hdf5File, path: string): Layout =>
  layouts.find((layout) => layout.fits(file)) ??
  fail({
    kind: "UnsupportedFile",
    path,
    reason: "is an HDF5 file without images of a layout that is known here",
    remedy: "see docs/formats.md for the layouts that are read",
  });

/** The names of the images of a file. */
export const namesIn = async (content: Content, budget: Budget): Promise<readonly string[]> =>
  readHdf5(content.name, await bytesOf(content, budget), (file) =>
    layoutOf(file, content.name).names(file, content.name),
  );

const find = (file: Hdf5File, image: string | undefined, path: string): DescribedVoxels => {
  const layout = layoutOf(file, path);
  const names = layout.names(file, path);
  const wanted = image ?? (names.length === 1 ? names[0] : undefined);
  if (wanted !== undefined && names.includes(wanted)) return layout.describe(file, wanted, path);
  return fail({
    kind: "UnsupportedFile",
    path,
    reason: names.length === 0 ? "holds no image" : `holds the images ${names.join(", ")}`,
    remedy: 'name one: loadHdf5(path, { image: "NAME" })',
  });
};

const slicesOf = ({ header }: DescribedVoxels, asked: Slices | undefined, path: string): Slices => {
  const [, , all] = header.grid.size;
  const { first, count } = asked ?? { first: 0, count: all };
  const can = Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1 && first + count <= all;
  return can
    ? { first, count }
    : fail({
        kind: "InvalidDocument",
        path,
        errors: [`${count} slices from ${first} on cannot be read of an image that has ${all}`],
      });
};

/**
 * Opens the image of a file, or the one that is asked for; a MINC 2 file has one.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`, `InvalidDocument` for slices that there are not
 */
export const openHdf5 = async (content: Content, options: Hdf5Options): Promise<OpenedImage> => {
  const { name: path } = content;
  const bytes = await bytesOf(content, options);
  const described = await readHdf5(path, bytes, (file) => find(file, options.image, path));
  const { header, count, kind } = described;
  const slices = slicesOf(described, options.slices, path);
  const [x, y] = header.grid.size;
  const whole = options.slices === undefined;
  const grid = whole ? header.grid : subgrid(header.grid, [0, 0, slices.first], [x, y, slices.count]);
  const numbers = voxelCount(grid) * count;
  const needed = numbers * dtypes[header.dtype].bytes;
  // Chunks are compressed inside, so that a file may claim far more than it holds.
  const claim: Content = { ...content, gzipped: true };
  return {
    header: { ...header, grid, kind, warnings: [...header.warnings, ...content.warnings()] },
    read: async ({ signal, onProgress }) => {
      const buffer = allocateVoxels(claim, needed, numbers, options);
      const data = new dtypes[header.dtype].array(buffer, 0, numbers);
      await readHdf5(path, bytes, (file) =>
        eachPart(file, described, slices, path, (part) => {
          if (signal?.aborted) fail({ kind: "Aborted" });
          place(part, described, data);
          onProgress?.((part.at + part.values.length) / numbers);
        }),
      );
      return { voxels: { dtype: header.dtype, data, channels: count, rescale: header.rescale }, warnings: [] };
    },
    verify: async () => {
      checkBudget(claim, needed, options);
      await readHdf5(path, bytes, (file) => eachPart(file, described, slices, path, () => {}));
      return [];
    },
    close: async () => {},
  };
};
