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
import type { Arrangement } from "./arrangement.ts";
import { applyPalette, isYbr, type Palette, paletteOf, planesOf, ybrToRgb } from "./colour.ts";
import { type ImageFile, openFrames, readFrameInto } from "./file.ts";
import type { Frame } from "./frames.ts";
import { applyModality, type ModalityLookup, modalityLookupOf } from "./lookup.ts";
import type { Slice } from "./slice.ts";

const isPalette = ({ layout }: ImageFile): boolean => layout.photometric === "PALETTE COLOR";
export const isColour = (file: ImageFile): boolean => file.layout.samples === 3 || isPalette(file);

/** How the voxels of an arrangement are kept. */
export interface Storage {
  readonly dtype: DType;
  readonly rescale: Rescale;
  readonly channels: Channels;
  readonly notes: readonly { readonly kind: string; readonly message: string }[];
}

const paletteOfFile = (file: ImageFile): Palette | undefined =>
  isPalette(file) ? paletteOf(file.data, file.layout, file.path) : undefined;

const dtypeOfFile = (file: ImageFile): DType =>
  paletteOfFile(file)?.dtype ?? modalityLookupOf(file)?.dtype ?? file.layout.dtype;

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
const planes = (
  frame: Frame,
  file: ImageFile,
  palette: Palette | undefined,
  lookup: ModalityLookup | undefined,
): VoxelArray => {
  if (palette !== undefined) return applyPalette(frame.stored, palette);
  if (lookup !== undefined) return applyModality(frame.stored, lookup);
  if (file.layout.samples === 1) return frame.stored;
  if (!frame.rgb && isYbr(file.layout)) ybrToRgb(frame.stored, file.layout);
  return planesOf(frame.stored, file.layout.dtype);
};

/** One plane of a slice, cut out of the frame where it is a tile. */
const cut = (plane: VoxelArray, slice: Slice): VoxelArray => {
  const { tile, columns, rows, file } = slice;
  if (tile === undefined) return plane;
  const out = plane.slice(0, columns * rows);
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

/** For each file, for each of its frames, the slices that come of it. */
const byFile = (arrangement: Arrangement): ReadonlyMap<ImageFile, ReadonlyMap<number, readonly Wanted[]>> => {
  const files = new Map<ImageFile, Map<number, Wanted[]>>();
  arrangement.places.forEach((place, k) => {
    if (place.kind !== "slice") return;
    const { slice } = place;
    const frames = files.get(slice.file) ?? new Map<number, Wanted[]>();
    files.set(slice.file, frames);
    const wanted = frames.get(slice.frame);
    if (wanted === undefined) frames.set(slice.frame, [{ slice, place: k }]);
    else wanted.push({ slice, place: k });
  });
  return files;
};

/** Files, and frames of a file, that are worked on at a time: enough to keep disk and threads busy. */
const width = 8;
/** Pixels from which threads are worth their start. */
const worthThreads = 2 ** 21;

/** Does all work, some of it at a time; of failures the first in order is told. */
const someAtATime = async <A>(items: readonly A[], work: (item: A) => Promise<void>): Promise<void> => {
  const failures = new Map<number, unknown>();
  let next = 0;
  const run = async (): Promise<void> => {
    for (let k = next++; k < items.length && failures.size === 0; k = next++)
      await work(items[k] as A).catch((thrown: unknown) => failures.set(k, thrown));
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
  const first = Math.min(...failures.keys());
  if (failures.size > 0) throw failures.get(first);
};

/**
 * Decodes every slice once, on threads where the codec has them. `direct` gives the place of a slice whose stored
 * numbers are kept as they are, to be read straight into it.
 * @returns what had to be put up with
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`, `FileAccess`, `Aborted`
 */
export const decodeSlices = async (
  arrangement: Arrangement,
  { signal, onProgress }: Progress,
  accept: Accept,
  direct: (slice: Slice, place: number) => VoxelArray | undefined = () => undefined,
): Promise<readonly string[]> => {
  const files = [...byFile(arrangement)];
  const warnings = new Map<ImageFile, readonly string[]>();
  const total = arrangement.places.length;
  const [columns, rows] = arrangement.grid.size;
  const beside = total * columns * rows >= worthThreads;
  let done = 0;
  const checkSignal = (): void => {
    if (signal?.aborted) fail({ kind: "Aborted" });
  };
  await someAtATime(files, async ([file, wanted]) => {
    checkSignal();
    const [only] = wanted.size === 1 ? [...wanted.values()].flat() : [];
    const palette = paletteOfFile(file);
    const lookup = palette === undefined ? modalityLookupOf(file) : undefined;
    const target = only && lookup === undefined ? direct(only.slice, only.place) : undefined;
    if (target !== undefined && (await readFrameInto(file, target))) {
      onProgress?.(++done / total);
      return;
    }
    const frames = await openFrames(file, beside);
    const pixels = file.layout.rows * file.layout.columns;
    await someAtATime([...wanted], async ([frame, slices]) => {
      checkSignal();
      const decoded = planes(await frames.read(frame), file, palette, lookup);
      const components = decoded.length / pixels;
      for (const { slice, place } of slices) {
        for (let c = 0; c < components; c++) {
          const plane = components === 1 ? decoded : decoded.subarray(c * pixels, (c + 1) * pixels);
          accept(slice, cut(plane, slice), c, place);
        }
        onProgress?.(++done / total);
      }
    });
    warnings.set(
      file,
      frames.warnings().map((message) => `${file.path}: ${message}`),
    );
  });
  return files.flatMap(([file]) => warnings.get(file) ?? []);
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
  const rescales = components === 1 && (real || differs);
  const warnings = await decodeSlices(
    arrangement,
    progress,
    (slice, from, c, place) => {
      const volume = Math.floor(place / depth);
      const at = (volume * components + c) * plane * depth + (place % depth) * plane;
      put(data, at, from, rescales ? slice.rescale : undefined);
    },
    (slice, place) =>
      rescales || components > 1 || slice.tile !== undefined
        ? undefined
        : data.subarray(place * plane, (place + 1) * plane),
  );
  blend(data, arrangement, components, storage.dtype);
  return warnings;
};
