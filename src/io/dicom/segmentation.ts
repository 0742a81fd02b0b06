/**
 * DICOM SEG: frames of one segment at one position each, put together as volumes. Binary ones are labels, a volume
 * of segment numbers; fractional ones (probabilities, or how much of a voxel is taken) have a channel for each
 * segment. Positions at which a segment is empty need not be in the file.
 */
import { fail } from "../../../compiler/errors.ts";
import { product } from "../../../compiler/language/vector.ts";
import { type DType, dtypes, noRescale, type Rescale, type VoxelArray } from "../../../compiler/language/voxels.ts";
import type { Kind, Metadata, Warning } from "../../image.ts";
import type { ImageHeader, OpenedImage, Progress } from "../format.ts";
import { allocateVoxels, checkBudget } from "../limits.ts";
import { arrange } from "./arrange.ts";
import type { Arrangement } from "./arrangement.ts";
import { clinicalOf, studyOf } from "./describe.ts";
import { loadDictionary } from "./dictionary.ts";
import { elementsOf } from "./elements.ts";
import type { ImageFile } from "./file.ts";
import { malformed } from "./malformed.ts";
import type { SeriesOptions } from "./options.ts";
import type { Slice } from "./slice.ts";
import { slicesOf } from "./slices.ts";
import { decodeSlices } from "./voxels.ts";

const segmentationClass = "1.2.840.10008.5.1.4.1.1.66.4";
export const isSegmentation = ({ data }: ImageFile): boolean => data.text("SOPClassUID") === segmentationClass;

const segmentNumber = (slice: Slice): number => Number(slice.keys().get("ReferencedSegmentNumber") ?? 1);

/** One slice of each position stands for it; gaps at which nothing was segmented are empty. */
const layersOf = (slices: readonly Slice[]): Arrangement => {
  const first = new Map<string, Slice>();
  for (const slice of slices) {
    const key = slice.placement?.position.map((n) => n.toFixed(3)).join("\\") ?? "";
    if (!first.has(key)) first.set(key, slice);
  }
  return arrange([...first.values()], new Set(["fill-missing"]));
};

/** The layer of the volume at which a frame stands. */
const layerOf = ({ grid }: Arrangement, { placement }: Slice): number => {
  if (placement === undefined) return 0;
  const { origin, direction, spacing } = grid;
  const [dx, dy, dz] = [0, 1, 2].map((k) => (placement.position[k] ?? 0) - (origin[k] ?? 0));
  const along = (dx ?? 0) * direction[2] + (dy ?? 0) * direction[5] + (dz ?? 0) * direction[8];
  return Math.max(0, Math.min(grid.size[2] - 1, Math.round(along / spacing[2])));
};

interface Segment {
  readonly number: number;
  readonly label: string;
}

/** What a segmentation is as an image, and how its frames become that. */
interface Meaning {
  readonly kind: Kind;
  readonly dtype: DType;
  readonly rescale: Rescale;
  /** Segments that have a channel of their own. */
  readonly channels: readonly Segment[];
  readonly metadata: Metadata;
  /** Puts a frame of `segment` into the voxels at `at`, where its layer begins, and gives how many voxels were taken. */
  readonly put: (voxels: VoxelArray, at: number, frame: VoxelArray, segment: number) => number;
}

const asLabels = (numbers: readonly number[]): Meaning => ({
  kind: "label",
  dtype: numbers.some((number) => number > 255) ? "uint16" : "uint8",
  rescale: noRescale,
  channels: [],
  metadata: {},
  put: (labels, at, frame, segment) => {
    let taken = 0;
    for (let k = 0; k < frame.length; k++) {
      if (Number(frame[k]) === 0) continue;
      if (labels[at + k] !== 0) taken++;
      labels[at + k] = segment;
    }
    return taken;
  },
});

const asFractions = ({ data, layout, path }: ImageFile, segments: readonly Segment[]): Meaning => {
  const most = data.number("MaximumFractionalValue") ?? 255;
  if (!(most > 0)) malformed(path, `has ${most} as its MaximumFractionalValue`);
  return {
    kind: "intensity",
    dtype: layout.dtype,
    rescale: { slope: 1 / most, intercept: 0 },
    channels: segments,
    metadata: {
      ...(segments.length > 1
        ? { axes: [{ name: "SegmentNumber", values: segments.map(({ number }) => String(number)) }] }
        : {}),
      fractions: data.text("SegmentationFractionalType") ?? "",
    },
    put: (fractions, at, frame) => {
      (fractions as Uint8Array).set(frame as Uint8Array, at);
      return 0;
    },
  };
};

/** Segments as they are declared, or as frames have them where they are not. */
const segmentsOf = ({ data }: ImageFile, numbers: readonly number[]): readonly Segment[] => {
  const declared = data.items("SegmentSequence").map((segment) => ({
    number: segment.number("SegmentNumber") ?? 0,
    label: segment.text("SegmentLabel") ?? "",
  }));
  const known = new Set(declared.map(({ number }) => number));
  const others = [...new Set(numbers)].filter((number) => !known.has(number));
  return [...declared, ...others.map((number) => ({ number, label: "" }))];
};

/** Opens a segmentation. @throws MedImagesError `UnsupportedFile` where frames form no volume */
export const openSegmentation = async (
  name: string,
  files: readonly ImageFile[],
  options: SeriesOptions,
): Promise<OpenedImage> => {
  const [file] = files;
  if (file === undefined || files.length > 1)
    return fail({
      kind: "UnsupportedFile",
      path: name,
      reason: `holds ${files.length} segmentations in one series`,
      remedy: "name one of its files",
    });
  const { data, path } = file;
  const { slices, warnings } = slicesOf(file);
  const layers = layersOf(slices);
  const { grid, problems } = layers;
  const numbers = slices.map(segmentNumber);
  const segments = segmentsOf(file, numbers);
  const isFractional = data.text("SegmentationType") === "FRACTIONAL" && file.layout.allocated > 1;
  const meaning = isFractional ? asFractions(file, segments) : asLabels(numbers);
  const { kind, dtype, rescale } = meaning;
  const channels = Math.max(1, meaning.channels.length);
  const regular = problems.length === 0;
  const header: ImageHeader = {
    format: "DICOM",
    grid,
    dtype,
    rescale,
    channels: { components: "scalar", shape: channels === 1 ? [] : [channels] },
    modality: { kind: "other", name: "SEG" },
    study: studyOf(data),
    clinical: clinicalOf(data),
    display: {},
    metadata: {
      dicom: {
        transferSyntax: file.syntax.uid,
        segments: segments.map((segment) => ({ ...segment })),
        ...meaning.metadata,
        elements: elementsOf(data, await loadDictionary()),
      },
    },
    warnings: [
      ...problems.map(({ kind: problem, message }) => ({ kind: problem, message: `${path}: ${message}` })),
      ...file.warnings,
      ...warnings,
    ],
    files: 1,
    regular,
    kind,
  };
  const volume = product(grid.size);
  const voxels = volume * channels;
  const bytes = voxels * dtypes[dtype].bytes;
  const claim = { name: path, gzipped: false, sourceSize: file.size };
  /** All frames, in file order; only their pixels are asked for. */
  const all: Arrangement = { ...layers, places: slices.map((slice) => ({ kind: "slice", slice })) };
  const channelOf = new Map(meaning.channels.map(({ number }, channel) => [number, channel]));
  return {
    header,
    read: async (progress: Progress) => {
      if (!regular)
        fail({
          kind: "UnsupportedFile",
          path,
          reason: `its frames do not form one volume: ${problems.map(({ message }) => message).join("; ")}`,
          remedy: "convert it with the program that made it",
        });
      const target = new dtypes[dtype].array(allocateVoxels(claim, bytes, voxels, options), 0, voxels);
      const plane = grid.size[0] * grid.size[1];
      let overlapping = 0;
      const messages = await decodeSlices(all, progress, (slice, frame) => {
        const segment = segmentNumber(slice);
        const at = (channelOf.get(segment) ?? 0) * volume + layerOf(layers, slice) * plane;
        overlapping += meaning.put(target, at, frame, segment);
      });
      const late: readonly Warning[] =
        overlapping === 0
          ? []
          : [
              {
                kind: "overlap",
                message: `${path}: ${overlapping} voxels belong to several segments; they have the number of the last`,
              },
            ];
      const told = messages.map((message) => ({ kind: "pixels", message }));
      return { voxels: { dtype, data: target, channels, rescale }, warnings: [...late, ...told] };
    },
    verify: async (progress: Progress) => {
      checkBudget(claim, bytes, options);
      const messages = await decodeSlices(all, progress, () => {});
      return messages.map((message) => ({ kind: "pixels", message }));
    },
    close: async () => {},
  };
};
