/**
 * DICOM SEG as labels: frames of one bit, each of one segment at one position, put together as one volume of
 * segment numbers. Positions at which a segment is empty need not be in the file.
 */
import { fail } from "../../../compiler/errors.ts";
import { product } from "../../../compiler/language/vector.ts";
import { type DType, dtypes, noRescale } from "../../../compiler/language/voxels.ts";
import type { MetadataValue, Warning } from "../../image.ts";
import type { ImageHeader, OpenedImage, Progress } from "../format.ts";
import { allocateVoxels, checkBudget } from "../limits.ts";
import { type Arrangement, arrange } from "./arrange.ts";
import { clinicalOf, studyOf } from "./describe.ts";
import { loadDictionary } from "./dictionary.ts";
import { elementsOf } from "./elements.ts";
import type { ImageFile } from "./file.ts";
import type { SeriesOptions } from "./options.ts";
import { type Slice, slicesOf } from "./slices.ts";
import { decodeSlices } from "./voxels.ts";

const segmentationClass = "1.2.840.10008.5.1.4.1.1.66.4";
export const isSegmentation = ({ data }: ImageFile): boolean => data.text("SOPClassUID") === segmentationClass;

const segmentNumber = (slice: Slice): number => Number(slice.keys.get("ReferencedSegmentNumber") ?? 1);

/** One slice of each position stands for it; gaps at which nothing was segmented are empty. */
const layersOf = (slices: readonly Slice[]): Arrangement => {
  const first = new Map<string, Slice>();
  for (const slice of slices) {
    const key = slice.placement?.position.map((n) => n.toFixed(3)).join("\\") ?? "";
    if (!first.has(key)) first.set(key, slice);
  }
  return arrange([...first.values()], new Set(["fill-missing"]));
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
  if (data.text("SegmentationType") === "FRACTIONAL")
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: "is a segmentation by fractions, which class numbers cannot hold",
      remedy: "convert it to a binary segmentation first",
    });
  const { slices, warnings } = slicesOf(file);
  const layers = layersOf(slices);
  const { grid, problems } = layers;
  const segments = data.items("SegmentSequence").map(
    (segment): MetadataValue => ({
      number: segment.number("SegmentNumber") ?? 0,
      label: segment.text("SegmentLabel") ?? "",
    }),
  );
  const numbers = slices.map(segmentNumber);
  const dtype: DType = Math.max(...numbers) > 255 ? "uint16" : "uint8";
  const regular = problems.length === 0;
  const header: ImageHeader = {
    format: "DICOM",
    grid,
    dtype,
    rescale: noRescale,
    channels: { components: "scalar", shape: [] },
    modality: { kind: "other", name: "SEG" },
    study: studyOf(data),
    clinical: clinicalOf(data),
    display: {},
    metadata: {
      dicom: { transferSyntax: file.syntax.uid, segments, elements: elementsOf(data, await loadDictionary()) },
    },
    warnings: [
      ...problems.map(({ kind, message }) => ({ kind, message: `${path}: ${message}` })),
      ...file.warnings,
      ...warnings,
    ],
    files: 1,
    regular,
    kind: "label",
  };
  const voxels = product(grid.size);
  const bytes = voxels * dtypes[dtype].bytes;
  const claim = { name: path, gzipped: false, sourceSize: file.size };
  /** All frames, in file order; only their pixels are asked for. */
  const all: Arrangement = { ...layers, places: slices.map((slice) => ({ kind: "slice", slice })) };
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
      const labels = new dtypes[dtype].array(allocateVoxels(claim, bytes, voxels, options), 0, voxels);
      const plane = grid.size[0] * grid.size[1];
      const late: Warning[] = [];
      let overlapping = 0;
      const messages = await decodeSlices(all, progress, (slice, from) => {
        const z = layerOf(layers, slice);
        const number = segmentNumber(slice);
        for (let k = 0; k < plane; k++) {
          if (Number(from[k]) === 0) continue;
          if (labels[z * plane + k] !== 0) overlapping++;
          labels[z * plane + k] = number;
        }
      });
      if (overlapping > 0)
        late.push({
          kind: "overlap",
          message: `${path}: ${overlapping} voxels belong to several segments; they have the number of the last`,
        });
      const told = messages.map((message) => ({ kind: "pixels", message }));
      return { voxels: { dtype, data: labels, channels: 1, rescale: noRescale }, warnings: [...late, ...told] };
    },
    verify: async (progress: Progress) => {
      checkBudget(claim, bytes, options);
      const messages = await decodeSlices(all, progress, () => {});
      return messages.map((message) => ({ kind: "pixels", message }));
    },
    close: async () => {},
  };
};

/** The layer of the volume at which a frame stands. */
const layerOf = ({ grid }: Arrangement, { placement }: Slice): number => {
  if (placement === undefined) return 0;
  const { origin, direction, spacing } = grid;
  const [dx, dy, dz] = [0, 1, 2].map((k) => (placement.position[k] ?? 0) - (origin[k] ?? 0));
  const along = (dx ?? 0) * direction[2] + (dy ?? 0) * direction[5] + (dz ?? 0) * direction[8];
  return Math.max(0, Math.min(grid.size[2] - 1, Math.round(along / spacing[2])));
};
