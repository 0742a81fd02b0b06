/**
 * The voxels of an arrangement: frames decoded file by file, colours made RGB, and each slice put where it
 * belongs in one buffer. A rescale that all slices share stays beside the stored numbers; where it differs
 * from slice to slice, as in PET, real values are kept in float64, in which nothing is lost.
 */
import { fail } from "../../../compiler/errors.ts";
import {
  type DType,
  dtypes,
  noRescale,
  quantize,
  type Rescale,
  sameRescale,
  type VoxelArray,
} from "../../../compiler/language/voxels.ts";
import type { Channels } from "../../image.ts";
import type { Progress } from "../format.ts";
import type { Arrangement } from "./arrange.ts";
import { applyPalette, isYbr, type Palette, paletteOf, planesOf, ybrToRgb } from "./colour.ts";
import { type ImageFile, openFrames } from "./file.ts";
import type { Frame } from "./frames.ts";
import type { Slice } from "./slices.ts";

const isPalette = ({ layout }: ImageFile): boolean => layout.photometric === "PALETTE COLOR";
export const isColour = (file: ImageFile): boolean => file.layout.samples === 3 || isPalette(file);

/** How the voxels of an arrangement are kept. */
export interface Storage {
  readonly dtype: DType;
  readonly rescale: Rescale;
  readonly channels: Channels;
  readonly notes: readonly { readonly kind: string; readonly message: string }[];
}

const dtypeOfFile = (file: ImageFile): DType =>
  isPalette(file) ? paletteOf(file.data, file.layout, file.path).dtype : file.layout.dtype;

const integers: readonly DType[] = ["uint8", "int8", "uint16", "int16", "uint32", "int32"];

/** The narrowest integers that hold those of all; float64 when there are none. */
const common = (all: ReadonlySet<DType>): DType => {
  const [first = "float64"] = all;
  if (all.size === 1) return first;
  const holds = (dtype: DType): boolean =>
    [...all].every(
      (one) => dtypes[one].integer && dtypes[one].min >= dtypes[dtype].min && dtypes[one].max <= dtypes[dtype].max,
    );
  return integers.find(holds) ?? "float64";
};

export const storageOf = (arrangement: Arrangement): Storage => {
  const slices = arrangement.places.flatMap((place) => (place.kind === "slice" ? [place.slice] : []));
  const first = slices[0] as Slice;
  const colour = isColour(first.file);
  const kinds = new Map<ImageFile, DType>();
  for (const { file } of slices) if (!kinds.has(file)) kinds.set(file, dtypeOfFile(file));
  const found = new Set(kinds.values());
  const dtype = common(found);
  const shape = arrangement.axes.map(({ values }) => values.length);
  const channels: Channels = { components: colour ? "rgb" : "scalar", shape };
  const notes =
    found.size > 1
      ? [{ kind: "depth", message: `has slices of ${[...found].join(" and ")}; ${dtype} holds them all` }]
      : [];
  if (colour) return { dtype, rescale: noRescale, channels, notes };
  const shared = slices.every(({ rescale }) => sameRescale(rescale, first.rescale));
  return shared
    ? { dtype, rescale: first.rescale, channels, notes }
    : { dtype: "float64", rescale: noRescale, channels, notes };
};

/** Colours of a frame plane by plane; grey as it is. */
const planes = (frame: Frame, file: ImageFile, palette: Palette | undefined): VoxelArray => {
  if (palette !== undefined) return applyPalette(frame.stored, palette);
  if (file.layout.samples === 1) return frame.stored;
  if (!frame.rgb && isYbr(file.layout)) ybrToRgb(frame.stored, file.layout);
  return planesOf(frame.stored, file.layout.dtype);
};

/** One plane of a slice, cut out of the frame where it is a tile. */
const cut = (plane: VoxelArray, slice: Slice): VoxelArray => {
  const { tile, columns, rows, file } = slice;
  if (tile === undefined) return plane;
  const out = new dtypes[file.layout.dtype].array(columns * rows);
  for (let y = 0; y < rows; y++) {
    const from = (tile.y + y) * file.layout.columns + tile.x;
    for (let x = 0; x < columns; x++) out[y * columns + x] = plane[from + x] ?? 0;
  }
  return out;
};

/** Puts numbers into the volume, as they are or as real values. */
const put = (into: VoxelArray, at: number, from: VoxelArray, rescale: Rescale | undefined): void => {
  if (rescale === undefined) {
    // Arrays of one kind, or of one that holds the other: nothing is rounded.
    (into as Float64Array).set(from as Float64Array, at);
    return;
  }
  const { slope, intercept } = rescale;
  for (let k = 0; k < from.length; k++) into[at + k] = Number(from[k]) * slope + intercept;
};

/** What decodes: the frames of files that are asked for, file by file, handed over as they come. */
export type Accept = (slice: Slice, plane: VoxelArray, component: number, place: number) => void;

interface Wanted {
  readonly slice: Slice;
  readonly place: number;
}

const byFile = (arrangement: Arrangement): ReadonlyMap<ImageFile, readonly Wanted[]> => {
  const files = new Map<ImageFile, Wanted[]>();
  arrangement.places.forEach((place, k) => {
    if (place.kind !== "slice") return;
    const wanted = files.get(place.slice.file);
    if (wanted === undefined) files.set(place.slice.file, [{ slice: place.slice, place: k }]);
    else wanted.push({ slice: place.slice, place: k });
  });
  return files;
};

/** Files that are read ahead while one is decoded. */
const ahead = 4;

/**
 * Decodes every slice once.
 * @returns what had to be put up with
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`, `FileAccess`, `Aborted`
 */
export const decodeSlices = async (
  arrangement: Arrangement,
  { signal, onProgress }: Progress,
  accept: Accept,
): Promise<readonly string[]> => {
  const files = [...byFile(arrangement)];
  const warnings: string[] = [];
  const opening = files.slice(0, ahead).map(([file]) => openFrames(file));
  // A file that fails is told when its turn comes.
  for (const open of opening) open.catch(() => undefined);
  let done = 0;
  const total = arrangement.places.length;
  for (const [k, [file, wanted]] of files.entries()) {
    if (signal?.aborted) fail({ kind: "Aborted" });
    const next = files[k + ahead];
    if (next !== undefined) {
      const open = openFrames(next[0]);
      open.catch(() => undefined);
      opening.push(open);
    }
    const frames = await (opening[k] ?? openFrames(file));
    const palette = isPalette(file) ? paletteOf(file.data, file.layout, file.path) : undefined;
    const pixels = file.layout.rows * file.layout.columns;
    let held: { readonly frame: number; readonly planes: VoxelArray } | undefined;
    for (const { slice, place } of wanted) {
      if (signal?.aborted) fail({ kind: "Aborted" });
      if (held?.frame !== slice.frame)
        held = { frame: slice.frame, planes: planes(await frames.read(slice.frame), file, palette) };
      const components = held.planes.length / pixels;
      for (let c = 0; c < components; c++) {
        const plane = components === 1 ? held.planes : held.planes.subarray(c * pixels, (c + 1) * pixels);
        accept(slice, cut(plane, slice), c, place);
      }
      onProgress?.(++done / total);
    }
    // What is behind is let go of.
    delete opening[k];
    for (const message of frames.warnings()) warnings.push(`${file.path}: ${message}`);
  }
  return warnings;
};

/** Fills the slices between others with their blend. */
const blend = (data: VoxelArray, arrangement: Arrangement, components: number, dtype: DType): void => {
  const [columns, rows, depth] = arrangement.grid.size;
  const plane = columns * rows;
  const at = (place: number, c: number): number =>
    (Math.floor(place / depth) * components + c) * plane * depth + (place % depth) * plane;
  arrangement.places.forEach((place, k) => {
    if (place.kind !== "between") return;
    let [before, after] = [k - 1, k + 1];
    while (arrangement.places[before]?.kind === "between") before--;
    while (arrangement.places[after]?.kind === "between") after++;
    for (let c = 0; c < components; c++) {
      const [to, low, high] = [at(k, c), at(before, c), at(after, c)];
      for (let i = 0; i < plane; i++)
        data[to + i] = quantize(
          dtype,
          Number(data[low + i]) * (1 - place.weight) + Number(data[high + i]) * place.weight,
        );
    }
  });
};

/** Decodes all slices into `data`, which has room for them. */
export const readVoxels = async (
  arrangement: Arrangement,
  storage: Storage,
  data: VoxelArray,
  progress: Progress,
): Promise<readonly string[]> => {
  const [columns, rows, depth] = arrangement.grid.size;
  const plane = columns * rows;
  const components = storage.channels.components === "rgb" ? 3 : 1;
  const [first] = arrangement.places;
  const real = first?.kind === "slice" && components === 1 && !sameRescale(storage.rescale, first.slice.rescale);
  const differs = arrangement.places.some(
    (place) => place.kind === "slice" && !sameRescale(place.slice.rescale, storage.rescale),
  );
  const warnings = await decodeSlices(arrangement, progress, (slice, from, c, place) => {
    const volume = Math.floor(place / depth);
    const at = (volume * components + c) * plane * depth + (place % depth) * plane;
    put(data, at, from, components === 1 && (real || differs) ? slice.rescale : undefined);
  });
  blend(data, arrangement, components, storage.dtype);
  return warnings;
};
