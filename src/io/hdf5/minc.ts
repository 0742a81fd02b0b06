/**
 * MINC 2, which is HDF5: dimensions with start, step and direction in RAS, and a range of real values for each
 * slice. Read as nibabel does; not written.
 */
import type { File as Hdf5File } from "h5wasm";
import { add, type Vector3, vector, zero3 } from "../../../compiler/language/vector.ts";
import { type DType, dtypes, noRescale, type Rescale } from "../../../compiler/language/voxels.ts";
import { gridOfColumns } from "../placed-grid.ts";
import { dtypeOfHdf5 } from "./layout.ts";
import { type DescribedVoxels, isDataset, type Layout, malformed, numbersOf } from "./slices.ts";

const at = "minc-2.0/image/0";

const axisVectors: Readonly<Record<string, Vector3>> = {
  xspace: [1, 0, 0],
  yspace: [0, 1, 0],
  zspace: [0, 0, 1],
};

/** RAS as LPS; 0 − x so that no zero becomes −0. */
const toLps = ([x, y, z]: Vector3): Vector3 => [0 - x, 0 - y, z];

const vectorOf = (numbers: readonly number[] | undefined): Vector3 | undefined =>
  numbers === undefined ? undefined : vector((k) => numbers[k] ?? 0);

/** Where index 0 along a dimension lies, and the step to the next, both in LPS. */
const placeOf = (file: Hdf5File, name: string, path: string): { readonly step: Vector3; readonly start: Vector3 } => {
  const axis = axisVectors[name];
  const dimension = file.get(`minc-2.0/dimensions/${name}`);
  if (axis === undefined || !isDataset(dimension)) return malformed(path, `has no dimension ${name} in space`);
  const { attrs } = dimension;
  const along = toLps(vectorOf(numbersOf(attrs.direction_cosines, 3)) ?? axis);
  const [step = 1] = numbersOf(attrs.step, 1) ?? [];
  const [start = 0] = numbersOf(attrs.start, 1) ?? [];
  return { step: vector((k) => along[k] * step), start: vector((k) => along[k] * start) };
};

/** The real values that the ends of the valid range stand for, of each slice or of all. */
const rangesOf = (file: Hdf5File, name: string): readonly number[] => {
  const dataset = file.get(`${at}/${name}`);
  const value = isDataset(dataset) ? dataset.value : undefined;
  return typeof value === "number" ? [value] : ArrayBuffer.isView(value) ? [...(value as Float64Array)] : [];
};

/** One rescale for each slice; integers alone are scaled. */
const rescalesOf = (
  file: Hdf5File,
  dtype: DType,
  valid: readonly number[] | undefined,
  slices: number,
  path: string,
): readonly Rescale[] => {
  const { integer, min, max } = dtypes[dtype];
  const [highs, lows] = [rangesOf(file, "image-max"), rangesOf(file, "image-min")];
  if (!integer || highs.length === 0) return [noRescale];
  if (highs.length !== lows.length || slices % highs.length !== 0)
    malformed(path, `its image-min and image-max are ${lows.length} and ${highs.length} for ${slices} slices`);
  const [from = min, to = max] = valid ?? [];
  const found = highs.map((high, k): Rescale => {
    const low = lows[k] ?? 0;
    const slope = (high - low) / (to - from);
    return { slope, intercept: low - slope * from };
  });
  if (!found.every(({ slope, intercept }) => Number.isFinite(slope) && Number.isFinite(intercept)))
    malformed(path, "its ranges of values are not finite");
  return found;
};

/** @throws MedImagesError `MalformedFile` */
const describe = (file: Hdf5File, _name: string, path: string): DescribedVoxels => {
  const dataset = file.get(`${at}/image`);
  if (!isDataset(dataset)) return malformed(path, "is a MINC file without an image");
  const stored = dtypeOfHdf5(dataset.dtype) ?? malformed(path, "its image has numbers of no dtype known here");
  const shape = dataset.shape ?? [];
  const order = String(dataset.attrs.dimorder?.value ?? "").split(",");
  const space = order.slice(-3);
  if (shape.length !== order.length || (shape.length !== 3 && shape.length !== 4) || new Set(space).size !== 3)
    malformed(
      path,
      `its dimensions ${order.join(", ")} of ${shape.length} sizes are not three of space, with time before`,
    );
  const [z = 0, y = 0, x = 0] = shape.slice(-3);
  const count = shape.length === 4 ? (shape[0] ?? 0) : 1;
  const [third, second, first] = space.map((name) => placeOf(file, name, path));
  if (first === undefined || second === undefined || third === undefined) return malformed(path, "lacks a dimension");
  const origin = [first, second, third].reduce((sum, { start }) => add(sum, start), zero3);
  const grid = gridOfColumns([x, y, z], [first.step, second.step, third.step], origin, path);
  const slices = count * z;
  const rescales = rescalesOf(file, stored, numbersOf(dataset.attrs.valid_range, 2), slices, path);
  const [rescale = noRescale] = rescales;
  const alike =
    rescale.slope !== 0 && rescales.every((r) => r.slope === rescale.slope && r.intercept === rescale.intercept);
  const each = slices / rescales.length;
  return {
    kind: "intensity",
    count,
    at: `${at}/image`,
    stored,
    eachRescale: alike
      ? undefined
      : Array.from({ length: slices }, (_, k) => rescales[Math.floor(k / each)] ?? noRescale),
    header: {
      format: "MINC 2",
      grid,
      dtype: alike ? stored : "float64",
      rescale: alike ? rescale : noRescale,
      channels: { components: "scalar", shape: count === 1 ? [] : [count] },
      modality: { kind: "other" },
      study: {},
      clinical: {},
      display: {},
      metadata: {},
      warnings: [],
    },
  };
};

/** A file has one image, without a name of its own. */
export const mincLayout: Layout = {
  fits: (file) => file.keys().includes("minc-2.0"),
  names: () => ["image"],
  describe,
};
