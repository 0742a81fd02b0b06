/** The slices of classic files, whose data set says of all frames the same. */
import { add } from "../../../compiler/language/vector.ts";
import { noRescale } from "../../../compiler/language/voxels.ts";
import type { DataSet } from "./data-set.ts";
import type { ImageFile } from "./file.ts";
import { cross, depthOf, placementOf, planarSpacing, scaled, spacingOf } from "./placement.ts";
import { collector, once, type Placement, rescaleOf, type Slice, type Slices } from "./slice.ts";
import type { Keyword } from "./tags.ts";

/** What tells classic slices at one place apart, the first that does so is taken. */
const classicKeys: readonly Keyword[] = [
  "TemporalPositionIdentifier",
  "FrameReferenceTime",
  "EchoTime",
  "EchoNumbers",
  "TriggerTime",
  "InversionTime",
  "RepetitionTime",
  "AcquisitionNumber",
  "AcquisitionTime",
  "ContentTime",
];

/** b-values where scanners keep them in private elements: Siemens, Philips, GE. */
const privateBValue = (data: DataSet): number | undefined => {
  for (const tag of ["x0019100c", "x20011003", "x00431039"] as const) {
    const raw = data.raw(tag, () => (tag === "x20011003" ? "FL" : "IS"));
    if (raw === undefined || raw.bytes.length === 0) continue;
    const view = new DataView(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
    const value =
      raw.vr === "FL" && raw.bytes.length >= 4
        ? view.getFloat32(0, data.littleEndian)
        : Number.parseInt(data.decodeText(raw.bytes), 10);
    // GE adds 10^9 to say that the value was rounded.
    if (Number.isFinite(value)) return value % 1e9;
  }
  return undefined;
};

const classicKeysOf = (data: DataSet): ReadonlyMap<string, string> => {
  const keys = new Map<string, string>();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") keys.set(name, value);
  };
  for (const keyword of classicKeys) put(keyword, data.texts(keyword).join("\\"));
  put("ImageType", data.texts("ImageType").join("\\"));
  put("ComplexImageComponent", data.text("ComplexImageComponent"));
  const b = data.number("DiffusionBValue") ?? privateBValue(data);
  put("DiffusionBValue", b === undefined ? undefined : String(b));
  put("DiffusionGradientOrientation", data.numbers("DiffusionGradientOrientation").join("\\"));
  return keys;
};

/** @throws MedImagesError `MalformedFile` for geometry that is none */
export const classicSlices = (file: ImageFile): Slices => {
  const { data, path, layout } = file;
  const { warnings, warn } = collector(path);
  const detector = data.item("DetectorInformationSequence");
  const has = (keyword: Keyword): DataSet | undefined => (data.has(keyword) ? data : detector);
  const placement = placementOf(has("ImagePositionPatient"), has("ImageOrientationPatient"), path, warn);
  const spacing = spacingOf(data, path, planarSpacing);
  const dose = data.number("DoseGridScaling");
  const rescale =
    data.items("ModalityLUTSequence").length > 0
      ? noRescale
      : dose !== undefined && Number.isFinite(dose) && dose !== 0
        ? { slope: dose, intercept: 0 }
        : rescaleOf(data, warn);
  const depth = depthOf(data);
  const instance = data.number("InstanceNumber") ?? 0;
  const keys = once(() => classicKeysOf(data));
  // Dose grids and nuclear medicine stack their frames; those of other classic files have no place of their own.
  const offsets = data.numbers("GridFrameOffsetVector");
  const stacked = layout.frames > 1 && placement !== undefined;
  const placed = (frame: number): Placement | undefined => {
    if (placement === undefined || layout.frames === 1) return placement;
    const normal = cross(placement.across, placement.down);
    const first = offsets[0] ?? 0;
    const along =
      offsets.length === layout.frames
        ? (offsets[frame] ?? 0) - (first === 0 ? 0 : first)
        : depth === undefined
          ? undefined
          : frame * depth;
    return along === undefined ? undefined : { ...placement, position: add(placement.position, scaled(normal, along)) };
  };
  if (stacked && offsets.length !== layout.frames && depth === undefined)
    warn("position", "does not say where its frames lie");
  const slices = Array.from(
    { length: layout.frames },
    (_, frame): Slice => ({
      file,
      frame,
      tile: undefined,
      columns: layout.columns,
      rows: layout.rows,
      placement: placed(frame),
      spacing,
      depth,
      rescale,
      order: [Number.isFinite(instance) ? instance : 0, frame],
      keys,
    }),
  );
  return { slices, warnings };
};
