/**
 * What the fields of a MetaImage header mean: kind and number of voxels, where they stand, how they are packed.
 * The world is LPS millimetres, as in ITK; axes after the third become channels.
 */
import { fail } from "../../../compiler/errors.ts";
import type { Grid } from "../../../compiler/language/grid.ts";
import { matrix, type Vector3, vector } from "../../../compiler/language/vector.ts";
import { type DType, noRescale, type Rescale } from "../../../compiler/language/voxels.ts";
import type { Channels, Modality, Warning } from "../../image.ts";
import { placedGrid } from "../placed-grid.ts";
import { directionFrom } from "./anatomy.ts";
import { dtypeOfElements, type FieldName, type MetaFields, names, ownNames } from "./fields.ts";
import type { MetaImageMetadata } from "./metadata.ts";

export interface MetaHeader {
  readonly dtype: DType;
  readonly grid: Grid;
  readonly channels: Channels;
  readonly rescale: Rescale;
  readonly modality: Modality;
  readonly interleaved: number;
  readonly bigEndian: boolean;
  readonly encoding: "raw" | "zlib" | "ascii";
  /** Bytes before the voxels of each data file; -1: all but the last bytes. */
  readonly headerSize: number;
  readonly dataFile: string;
  readonly metadata: MetaImageMetadata;
}

const modalities: Readonly<Record<string, Modality>> = {
  MET_MOD_CT: { kind: "CT" },
  MET_MOD_MR: { kind: "MRI" },
  MET_MOD_PET: { kind: "PET" },
  MET_MOD_NM: { kind: "other", name: "NM" },
  MET_MOD_US: { kind: "other", name: "US" },
};

/** Bytes of three or four to a voxel are colours; no field says so. */
const channelsFor = (dtype: DType, count: number, rest: readonly number[]): Channels => {
  if (dtype === "uint8" && count === 3) return { components: "rgb", shape: rest };
  if (dtype === "uint8" && count === 4) return { components: "rgba", shape: rest };
  return { components: "scalar", shape: count === 1 ? rest : [count, ...rest] };
};

/** @throws MedImagesError `MalformedFile`, `UnsupportedFile` */
export const parseMetaHeader = ({ fields }: MetaFields, path: string, warnings: Warning[]): MetaHeader => {
  const malformed = (reason: string): never => fail({ kind: "MalformedFile", path, reason });
  const warn = (kind: string, message: string): void => {
    warnings.push({ kind, message: `${path}: ${message}` });
  };
  const found = (field: FieldName): string | undefined => {
    const name = names[field].find((one) => fields.has(one));
    return name === undefined ? undefined : fields.get(name);
  };
  const needed = (field: FieldName): string =>
    found(field) ?? malformed(`its header has no ${names[field].join(" or ")}`);
  const list = (field: FieldName): readonly number[] | undefined => {
    const text = found(field);
    if (text === undefined) return undefined;
    const values = text === "" ? [] : text.split(/\s+/).map(Number);
    return values.every(Number.isFinite) ? values : malformed(`its ${names[field][0]} is "${text}", not numbers alone`);
  };
  /** So many numbers, or nothing where the field is absent. */
  const exactly = (field: FieldName, count: number): readonly number[] | undefined => {
    const values = list(field);
    return values === undefined || values.length === count
      ? values
      : malformed(`its ${names[field][0]} has ${values.length} numbers where ${count} are needed`);
  };
  const flag = (field: FieldName): boolean | undefined => {
    const text = found(field);
    return text === undefined ? undefined : /^[ty1]/i.test(text);
  };
  const whole = (field: FieldName, least: number): number | undefined => {
    const [value] = exactly(field, 1) ?? [];
    return value === undefined || (Number.isSafeInteger(value) && value >= least)
      ? value
      : malformed(`its ${names[field][0]} is ${value}, which cannot be`);
  };

  const objectType = found("objectType");
  if (objectType !== undefined && objectType !== "Image")
    fail({
      kind: "UnsupportedFile",
      path,
      reason: `holds a MetaIO object of type ${objectType}, not an image`,
      remedy: "give an image",
    });
  needed("sizes");
  const sizes = list("sizes") ?? [];
  const count = whole("dimensions", 1) ?? malformed("its header has no NDims");
  if (count > 10) malformed(`its NDims is ${count}, more than the 10 that MetaIO has`);
  if (sizes.length !== count) malformed(`its DimSize has ${sizes.length} numbers where ${count} are needed`);
  if (!sizes.every((n) => Number.isSafeInteger(n) && n >= 1))
    malformed(`its DimSize ${sizes.join(" ")} is not of whole numbers from 1`);
  const elementType = needed("elementType");
  const dtype =
    dtypeOfElements(elementType) ?? malformed(`its ElementType ${elementType} is none that voxels can have`);

  const spacing = exactly("spacing", count) ?? [];
  const origin = exactly("origin", count) ?? [];
  const direction = exactly("direction", count * count);
  const anatomy = count === 3 && direction === undefined ? directionFrom(found("anatomy") ?? "") : undefined;
  if (anatomy !== undefined && found("anatomy")?.toUpperCase() !== "RAI")
    warn("orientation", "has no TransformMatrix; its axes lie as its AnatomicalOrientation says, which ITK ignores");
  if (spacing.slice(0, 3).some((s) => s < 0))
    warn("spacing", "its spacing is negative along an axis, which was turned round");
  // Row c of the matrix is the direction of axis c, as ITK reads it.
  const columns =
    anatomy ??
    matrix((r, c) => (r < count && c < count ? (direction?.[c * count + r] ?? Number(r === c)) : Number(r === c)));
  const size: Vector3 = vector((k) => sizes[k] ?? 1);
  const grid = placedGrid(
    size,
    columns,
    vector((k) => spacing[k] ?? 1),
    vector((k) => origin[k] ?? 0),
    path,
  );

  const slope = exactly("slope", 1)?.[0] ?? 1;
  const intercept = exactly("intercept", 1)?.[0] ?? 0;
  if (slope === 0) warn("rescale", "its ElementToIntensityFunctionSlope is 0; the voxels were not rescaled");
  const interleaved = whole("channels", 1) ?? 1;
  const compressed = flag("compressed") ?? false;
  const binary = flag("binary") ?? true;
  if (compressed && !binary) warn("encoding", "claims to be compressed text, and was read as compressed numbers");
  return {
    dtype,
    grid,
    channels: channelsFor(dtype, interleaved, sizes.slice(3)),
    rescale: slope === 0 ? noRescale : { slope, intercept },
    modality: modalities[fields.get("Modality") ?? ""] ?? { kind: "other" },
    interleaved,
    bigEndian: flag("bigEndian") ?? false,
    encoding: compressed ? "zlib" : binary ? "raw" : "ascii",
    headerSize: whole("headerSize", -1) ?? 0,
    dataFile: needed("dataFile"),
    metadata: {
      dimensions: count,
      interleaved,
      rest_spacing: spacing.slice(3),
      rest_origin: origin.slice(3),
      fields: Object.fromEntries([...fields].filter(([name]) => !ownNames.has(name))),
    },
  };
};
