/**
 * Files as slices: each a frame with a place in the world and whatever tells it apart from others at the same
 * place. Classic files have one, enhanced ones (functional groups) and Siemens mosaics many.
 */
import { fail } from "../../../compiler/errors.ts";
import { add, dot, norm, subtract, type Vector3, vector } from "../../../compiler/language/vector.ts";
import { noRescale, type Rescale } from "../../../compiler/language/voxels.ts";
import type { Warning } from "../../image.ts";
import type { DataSet } from "./data-set.ts";
import type { ImageFile } from "./file.ts";
import { mosaicOf } from "./mosaic.ts";
import type { Keyword, Tag } from "./tags.ts";
import { keywordOf } from "./tags.ts";

/** Where a slice stands, LPS mm. Directions are of length 1 and need not be orthogonal. */
export interface Placement {
  /** The centre of the first pixel. */
  readonly position: Vector3;
  /** The direction in which the column index increases, then that of the row index. */
  readonly across: Vector3;
  readonly down: Vector3;
}

export interface Slice {
  readonly file: ImageFile;
  /** From 0. */
  readonly frame: number;
  /** The part of the frame that is the slice, where it is not all of it. */
  readonly tile: { readonly x: number; readonly y: number } | undefined;
  readonly columns: number;
  readonly rows: number;
  readonly placement: Placement | undefined;
  /** Between columns, then between rows, mm; nothing when the file does not say. */
  readonly spacing: readonly [number, number] | undefined;
  /** Between slices as the file says it, or their thickness; mm. */
  readonly depth: number | undefined;
  readonly rescale: Rescale;
  /** InstanceNumber, then the number of the frame. */
  readonly order: readonly [number, number];
  /** What may tell it apart from others at the same place, by keyword or tag; few series have such, so it is asked for. */
  readonly keys: () => ReadonlyMap<string, string>;
}

export interface Slices {
  readonly slices: readonly Slice[];
  readonly warnings: readonly Warning[];
}

type Warn = (kind: string, message: string) => void;

const malformed = (path: string, reason: string): never =>
  fail({ kind: "MalformedFile", path, reason, remedy: "get the file again from where it came, or leave it out" });

/** What a function gives, found when it is first asked for. */
const once = <A>(find: () => A): (() => A) => {
  let found: A | undefined;
  return () => {
    found ??= find();
    return found;
  };
};

const scaled = (v: Vector3, factor: number): Vector3 => vector((k) => v[k] * factor);

export const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Values of as many numbers as are needed; nothing when the element is absent. */
const numbersOf = (
  data: DataSet | undefined,
  keyword: Keyword,
  count: number,
  path: string,
): readonly number[] | undefined => {
  const values = data?.numbers(keyword) ?? [];
  if (values.length === 0) return undefined;
  if (values.length < count || !values.slice(0, count).every(Number.isFinite))
    return malformed(
      path,
      `has ${data?.texts(keyword).join("\\")} as its ${keyword}, where ${count} numbers are needed`,
    );
  return values;
};

const unitTolerance = 1e-3;

const placementOf = (
  position: DataSet | undefined,
  orientation: DataSet | undefined,
  path: string,
  warn: Warn,
): Placement | undefined => {
  const at = numbersOf(position, "ImagePositionPatient", 3, path);
  const cosines = numbersOf(orientation, "ImageOrientationPatient", 6, path);
  if (at === undefined || cosines === undefined) return undefined;
  const [x = 0, y = 0, z = 0] = at;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = cosines;
  const [across, down]: readonly [Vector3, Vector3] = [
    [a, b, c],
    [d, e, f],
  ];
  const [widths, heights] = [norm(across), norm(down)];
  if (!(widths > 1e-6 && heights > 1e-6) || norm(cross(across, down)) < 1e-6 * widths * heights)
    return malformed(path, `has ${cosines.join("\\")} as its ImageOrientationPatient, which are no two directions`);
  if (Math.abs(widths - 1) > unitTolerance || Math.abs(heights - 1) > unitTolerance)
    warn("orientation", "has direction cosines whose length is not 1; they were brought to it");
  if (Math.abs(dot(across, down)) > unitTolerance * widths * heights)
    warn("orientation", "has rows and columns that are not at right angles; they were kept as they are");
  return { position: [x, y, z], across: scaled(across, 1 / widths), down: scaled(down, 1 / heights) };
};

const spacingOf = (
  data: DataSet | undefined,
  path: string,
  keywords: readonly Keyword[],
): readonly [number, number] | undefined => {
  for (const keyword of keywords) {
    const values = numbersOf(data, keyword, 2, path);
    if (values === undefined) continue;
    // Rows first in the file: the distance between rows is the spacing along columns.
    const [between = 0, along = 0] = values;
    if (!(between > 0 && along > 0))
      malformed(path, `has ${values.join("\\")} as its ${keyword}, which is not positive`);
    return [along, between];
  }
  return undefined;
};

const depthOf = (data: DataSet | undefined): number | undefined => {
  const told = [data?.number("SpacingBetweenSlices"), data?.number("SliceThickness")];
  return told
    .map((n) => (n === undefined ? undefined : Math.abs(n)))
    .find((n) => n !== undefined && Number.isFinite(n) && n > 0);
};

const rescaleOf = (data: DataSet | undefined, warn: Warn): Rescale => {
  const slope = data?.number("RescaleSlope") ?? 1;
  const intercept = data?.number("RescaleIntercept") ?? 0;
  if (slope === 0 || !Number.isFinite(slope) || !Number.isFinite(intercept)) {
    warn(
      "rescale",
      `has the rescale slope ${slope} and intercept ${intercept}; its numbers were left as they are stored`,
    );
    return noRescale;
  }
  return { slope, intercept };
};

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

const collector = (path: string): { readonly warnings: Warning[]; readonly warn: Warn } => {
  const warnings: Warning[] = [];
  return {
    warnings,
    warn: (kind, message) => {
      if (!warnings.some((w) => w.kind === kind)) warnings.push({ kind, message: `${path}: ${message}` });
    },
  };
};

const planarSpacing: readonly Keyword[] = ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"];

const classicSlices = (file: ImageFile): Slices => {
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

// ---------------------------------------------------------------- enhanced multi-frame

const stackPointers: ReadonlySet<string> = new Set([
  "StackID",
  "InStackPositionNumber",
  "ImagePositionPatient",
  "ImageOrientationPatient",
  "SliceLocation",
]);

/** Functional groups of a frame: its own before those that all frames share. */
interface Groups {
  readonly own: DataSet | undefined;
  readonly shared: DataSet | undefined;
}
const groupOf = ({ own, shared }: Groups, keyword: Keyword): DataSet | undefined =>
  own?.item(keyword) ?? shared?.item(keyword);

const enhancedKeysOf = (groups: Groups, pointers: readonly Tag[]): ReadonlyMap<string, string> => {
  const keys = new Map<string, string>();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") keys.set(name, value);
  };
  const content = groupOf(groups, "FrameContentSequence");
  put("TemporalPositionIndex", content?.numbers("TemporalPositionIndex").join(""));
  put("EffectiveEchoTime", groupOf(groups, "MREchoSequence")?.numbers("EffectiveEchoTime").join(""));
  const diffusion = groupOf(groups, "MRDiffusionSequence");
  put("DiffusionBValue", diffusion?.numbers("DiffusionBValue").join(""));
  const gradient = diffusion?.item("DiffusionGradientDirectionSequence");
  put("DiffusionGradientOrientation", gradient?.numbers("DiffusionGradientOrientation").join("\\"));
  const cardiac = groupOf(groups, "CardiacSynchronizationSequence");
  put("NominalCardiacTriggerDelayTime", cardiac?.numbers("NominalCardiacTriggerDelayTime").join(""));
  const type =
    groupOf(groups, "MRImageFrameTypeSequence") ??
    groupOf(groups, "CTImageFrameTypeSequence") ??
    groupOf(groups, "PETFrameTypeSequence");
  put("FrameType", type?.texts("FrameType").join("\\"));
  put("ComplexImageComponent", type?.text("ComplexImageComponent"));
  const segment = groupOf(groups, "SegmentIdentificationSequence");
  put("ReferencedSegmentNumber", segment?.numbers("ReferencedSegmentNumber").join(""));
  const indices = content?.numbers("DimensionIndexValues") ?? [];
  pointers.forEach((tag, k) => {
    const name = keywordOf(tag) ?? tag;
    const index = indices[k];
    if (!stackPointers.has(name) && !keys.has(name)) put(name, index === undefined ? undefined : String(index));
  });
  put("FrameAcquisitionDateTime", content?.text("FrameAcquisitionDateTime"));
  return keys;
};

const enhancedSlices = (file: ImageFile, perFrame: readonly DataSet[]): Slices => {
  const { data, path, layout } = file;
  const { warnings, warn } = collector(path);
  if (perFrame.length < layout.frames)
    malformed(path, `has functional groups for ${perFrame.length} of its ${layout.frames} frames`);
  const shared = data.item("SharedFunctionalGroupsSequence");
  const pointers = data
    .items("DimensionIndexSequence")
    .flatMap((item) => item.attributeTags("DimensionIndexPointer").slice(0, 1));
  const instance = data.number("InstanceNumber") ?? 0;
  const slices = Array.from({ length: layout.frames }, (_, frame): Slice => {
    const groups: Groups = { own: perFrame[frame], shared };
    const measures = groupOf(groups, "PixelMeasuresSequence");
    return {
      file,
      frame,
      tile: undefined,
      columns: layout.columns,
      rows: layout.rows,
      placement: placementOf(
        groupOf(groups, "PlanePositionSequence"),
        groupOf(groups, "PlaneOrientationSequence"),
        path,
        warn,
      ),
      spacing: spacingOf(measures, path, ["PixelSpacing"]) ?? spacingOf(data, path, planarSpacing),
      depth: depthOf(measures) ?? depthOf(data),
      rescale: rescaleOf(groupOf(groups, "PixelValueTransformationSequence") ?? data, warn),
      order: [Number.isFinite(instance) ? instance : 0, frame],
      keys: once(() => enhancedKeysOf(groups, pointers)),
    };
  });
  return { slices, warnings };
};

// ---------------------------------------------------------------- mosaics

const mosaicSlices = (file: ImageFile, whole: Slice, warnings: readonly Warning[]): Slices => {
  const mosaic = mosaicOf(file.data, file.layout);
  const { placement, spacing } = whole;
  if (mosaic === undefined || placement === undefined || spacing === undefined)
    return {
      slices: [whole],
      warnings: [
        ...warnings,
        { kind: "mosaic", message: `${file.path}: is a mosaic that does not say how; it was read as one picture` },
      ],
    };
  const { across, down, position } = placement;
  const { count, tiles, columns, rows } = mosaic;
  // The position is that of a picture as large as the mosaic around the same centre.
  const corner = add(
    add(position, scaled(across, (spacing[0] * (whole.columns - columns)) / 2)),
    scaled(down, (spacing[1] * (whole.rows - rows)) / 2),
  );
  const normal = mosaic.normal ?? cross(across, down);
  const step = scaled(normal, whole.depth ?? 1);
  const slices = Array.from(
    { length: count },
    (_, k): Slice => ({
      ...whole,
      tile: { x: (k % tiles) * columns, y: Math.floor(k / tiles) * rows },
      columns,
      rows,
      placement: { ...placement, position: add(corner, scaled(step, k)) },
      order: [whole.order[0], k],
    }),
  );
  return { slices, warnings };
};

/**
 * The slices of a file.
 * @throws MedImagesError `MalformedFile` for geometry that is none
 */
export const slicesOf = (file: ImageFile): Slices => {
  const perFrame = file.data.items("PerFrameFunctionalGroupsSequence");
  if (perFrame.length > 0) return enhancedSlices(file, perFrame);
  const classic = classicSlices(file);
  const [whole] = classic.slices;
  return whole !== undefined && classic.slices.length === 1 && file.data.texts("ImageType").includes("MOSAIC")
    ? mosaicSlices(file, whole, classic.warnings)
    : classic;
};

/** The distance between two points, mm. */
export const distance = (a: Vector3, b: Vector3): number => norm(subtract(a, b));
