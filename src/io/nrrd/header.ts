/** What the fields of an NRRD header mean: kind and number of voxels, where they stand, how they are packed. */
import { fail } from "../../../compiler/errors.ts";
import type { Grid } from "../../../compiler/language/grid.ts";
import { type DType, dtypes } from "../../../compiler/language/voxels.ts";
import type { Channels, Warning } from "../../image.ts";
import type { PlacedAxis } from "../axis-order.ts";
import type { Encoding, Skipped } from "../encodings.ts";
import { type NrrdAxis, rolesOf } from "./axes.ts";
import { dtypeOfType, type NrrdFields } from "./fields.ts";
import { type AxisPlace, dimensionOf, gridOfAxes, type SpaceFields, vectorsOf } from "./geometry.ts";
import type { NrrdMetadata } from "./metadata.ts";

export interface NrrdHeader {
  readonly format: string;
  readonly dtype: DType;
  readonly grid: Grid;
  readonly channels: Channels;
  readonly interleaved: number;
  readonly placed: readonly PlacedAxis[] | undefined;
  readonly bigEndian: boolean;
  readonly encoding: Encoding;
  readonly skipped: Skipped;
  /** What `data file` says; nothing where the voxels follow the header. */
  readonly dataFile: string | undefined;
  /** The sizes of the axes as the file has them. */
  readonly sizes: readonly number[];
  readonly metadata: NrrdMetadata;
}

const encodings: ReadonlyMap<string, Encoding> = new Map([
  ["raw", "raw"],
  ["txt", "ascii"],
  ["text", "ascii"],
  ["ascii", "ascii"],
  ["hex", "hex"],
  ["gz", "gzip"],
  ["gzip", "gzip"],
  ["bz2", "bzip2"],
  ["bzip2", "bzip2"],
]);

/** The most axes that teem knows. */
const mostAxes = 16;

/** Fields that the image itself says when it is written; the others are kept as they stand in the file. */
const ownFields: ReadonlySet<string> = new Set([
  ...["type", "dimension", "sizes", "endian", "encoding", "datafile", "blocksize", "number"],
  ...["lineskip", "byteskip", "space", "spacedimension", "spaceunits", "spacedirections", "spaceorigin"],
  ...["spacings", "axismins", "axismaxs", "centers", "centerings", "kinds", "thicknesses", "units", "labels"],
  ...["min", "max", "oldmin", "oldmax", "measurementframe"],
]);

/** @throws MedImagesError `MalformedFile`, `UnsupportedFile` */
export const parseNrrdHeader = (read: NrrdFields, path: string, warnings: Warning[]): NrrdHeader => {
  const { fields, keys, version } = read;
  const malformed = (reason: string): never => fail({ kind: "MalformedFile", path, reason });
  const warn = (kind: string, message: string): void => {
    warnings.push({ kind, message: `${path}: ${message}` });
  };
  const needed = (name: string): string => fields.get(name) ?? malformed(`its header has no field "${name}"`);
  const words = (name: string): readonly string[] | undefined => fields.get(name)?.split(/\s+/);
  const whole = (name: string, text: string, least: number): number => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    return Number.isSafeInteger(value) && value >= least
      ? value
      : malformed(`its field "${name}" is "${text}", which cannot be`);
  };
  const skip = (name: string, least: number): number => {
    const text = fields.get(name);
    return text === undefined ? 0 : whole(name, text, least);
  };

  const dimension = whole("dimension", needed("dimension"), 1);
  if (dimension > mostAxes) malformed(`its dimension is ${dimension}, more than the ${mostAxes} that there can be`);
  const typeName = needed("type");
  const dtype =
    dtypeOfType(typeName) ??
    (typeName.toLowerCase() === "block"
      ? fail({ kind: "UnsupportedFile", path, reason: "has blocks of bytes for voxels, whose meaning it does not say" })
      : malformed(`its type "${typeName}" is none that NRRD has`));
  /** One word for each axis. */
  const perAxis = (name: string): readonly string[] | undefined => {
    const all = words(name);
    return all === undefined || all.length === dimension
      ? all
      : malformed(`its field "${name}" has ${all.length} entries for ${dimension} axes`);
  };
  needed("sizes");
  const sizes = (perAxis("sizes") ?? []).map((text) => whole("sizes", text, 1));

  const units = [...(fields.get("spaceunits") ?? "").matchAll(/"([^"]*)"/g)].map(([, unit = ""]) => unit);
  const stated = fields.get("spacedimension");
  const directions = fields.get("spacedirections");
  const spaceFields: SpaceFields = {
    space: fields.get("space")?.toLowerCase(),
    dimension: stated === undefined ? undefined : whole("spacedimension", stated, 1),
    units,
    directed: directions !== undefined,
    origin: fields.has("spaceorigin")
      ? (vectorsOf(needed("spaceorigin"), path)[0] ?? malformed("its space origin is no vector"))
      : undefined,
  };
  const inSpace = dimensionOf(spaceFields);
  const vectors = directions === undefined ? undefined : vectorsOf(directions, path);
  if (vectors !== undefined && vectors.length !== dimension)
    malformed(`its space directions are ${vectors.length} for ${dimension} axes`);
  for (const vector of [...(vectors ?? []), spaceFields.origin])
    if (vector !== undefined) {
      if (!vector.every(Number.isFinite)) malformed(`its vector (${vector.join(",")}) is not of finite numbers`);
      if (vector.length !== (inSpace ?? vector.length))
        malformed(`its vector (${vector.join(",")}) is not of ${inSpace} numbers, as its space has`);
    }
  if (inSpace !== undefined && inSpace > 4)
    fail({ kind: "UnsupportedFile", path, reason: `lies in a space of ${inSpace} dimensions` });

  const kinds = perAxis("kinds")?.map((kind) => kind.toLowerCase());
  const axes: readonly NrrdAxis[] = sizes.map((size, k) => {
    const direction = vectors?.[k];
    // In a space with time, an axis along time alone is no axis of space.
    const timeOnly = direction?.length === 4 && direction[3] !== 0 && direction.slice(0, 3).every((n) => n === 0);
    return { size, kind: kinds?.[k] ?? "", direction: timeOnly ? undefined : direction };
  });
  const roles = rolesOf(axes, spaceFields.directed, path);

  const numbers = (name: string): readonly number[] | undefined => perAxis(name)?.map(Number);
  const spacings = numbers("spacings");
  const minima = numbers("axismins");
  const maxima = numbers("axismaxs");
  const centers = perAxis(fields.has("centerings") ? "centerings" : "centers")?.map((one) => one.toLowerCase());
  const places: readonly AxisPlace[] = sizes.map((size, k) => {
    const [least, most, step] = [minima?.[k] ?? Number.NaN, maxima?.[k] ?? Number.NaN, spacings?.[k] ?? Number.NaN];
    const node = centers?.[k] === "node";
    const spanned = (most - least) / (node ? Math.max(1, size - 1) : size);
    const spacing = Number.isFinite(step) ? step : Number.isFinite(spanned) ? spanned : 1;
    // The smallest position is that of the first voxel's edge, unless voxels sit on nodes.
    return { spacing, origin: Number.isFinite(least) ? least + (node ? 0 : spacing / 2) : 0 };
  });
  const grid = gridOfAxes(axes, roles, spaceFields, places, path, warn);

  const encodingName = needed("encoding");
  const encoding =
    encodings.get(encodingName.toLowerCase()) ?? malformed(`its encoding "${encodingName}" is none that NRRD has`);
  const endian = fields.get("endian")?.toLowerCase();
  const ordered = encoding === "ascii" || dtypes[dtype].bytes === 1;
  if (!ordered && endian !== "little" && endian !== "big")
    warn(
      "endian",
      `${endian === undefined ? "does not say its byte order" : `its byte order "${endian}" is none`}; little endian was taken`,
    );
  const otherWords = (name: string): readonly string[] => {
    const all = perAxis(name);
    return all === undefined ? [] : roles.others.map((k) => all[k] ?? "");
  };
  return {
    format: version.replace("NRRD000", "NRRD-"),
    dtype,
    grid,
    channels: roles.channels,
    interleaved: roles.interleaved,
    placed: roles.placed,
    bigEndian: !ordered && endian === "big",
    encoding,
    skipped: { lines: skip("lineskip", 0), bytes: skip("byteskip", -1) },
    dataFile: fields.get("datafile"),
    sizes,
    metadata: {
      leading: roles.space[0] ?? 0,
      other_kinds: roles.others.map((k) => kinds?.[k] ?? ""),
      other_spacings: otherWords("spacings"),
      measurement_frame: fields.get("measurementframe") ?? "",
      read_space: spaceFields.space ?? "",
      fields: Object.fromEntries([...fields].filter(([name]) => !ownFields.has(name))),
      keys: Object.fromEntries(keys),
    },
  };
};
