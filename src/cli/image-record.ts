/** What `info` tells about an image: one record for programs and the same as a table for people. */
import type { Vector3 } from "../../compiler/language/vector.ts";
import { isIdentityRescale } from "../../compiler/language/voxels.ts";
import { componentCount, type Modality, type Warning } from "../image.ts";
import type { ImageHeader } from "../io/load.ts";
import { orientationOf } from "../orientation.ts";
import type { Statistics } from "../statistics.ts";

/** World is LPS mm; `direction` is row-major. */
export interface SeriesRecord {
  readonly uid?: string;
  readonly description?: string;
  readonly modality: string;
  readonly subtype?: string;
  /** How many files it is spread over, where these are several by nature. */
  readonly files?: number;
  readonly size: Vector3;
  readonly channels: number;
  readonly spacing: Vector3;
  readonly origin: Vector3;
  readonly direction: readonly number[];
  readonly orientation: string;
  readonly dtype: string;
  /** Whether all slices lie on one grid. */
  readonly regular: boolean;
  readonly warnings: readonly Warning[];
  readonly stats?: Statistics;
}
export interface FileRecord {
  readonly path: string;
  readonly format: string;
  readonly series: readonly SeriesRecord[];
}

const channelCount = ({ channels }: ImageHeader): number =>
  channels.shape.reduce((product, n) => product * n, componentCount[channels.components]);

const modalityName = (modality: Modality): string =>
  modality.kind === "other" ? (modality.name ?? "other") : modality.kind;
const subtypeOf = (modality: Modality): string | undefined => ("subtype" in modality ? modality.subtype : undefined);

/** An image, and the statistics of its values where they were asked for. */
export interface Described {
  readonly header: ImageHeader;
  readonly stats: Statistics | undefined;
}

const seriesOf = ({ header, stats }: Described): SeriesRecord => {
  const { grid, study, modality, files, regular = true } = header;
  const { seriesUid: uid, seriesDescription: description } = study;
  const subtype = subtypeOf(modality);
  return {
    ...(uid === undefined ? {} : { uid }),
    ...(description === undefined ? {} : { description }),
    modality: modalityName(modality),
    ...(subtype === undefined ? {} : { subtype }),
    ...(files === undefined ? {} : { files }),
    size: grid.size,
    channels: channelCount(header),
    spacing: grid.spacing,
    origin: grid.origin,
    direction: grid.direction,
    orientation: orientationOf(grid),
    dtype: header.dtype,
    regular,
    warnings: header.warnings,
    ...(stats === undefined ? {} : { stats }),
  };
};

/** The record of a path that holds at least one image. */
export const recordOf = (path: string, images: readonly Described[]): FileRecord => ({
  path,
  format: images[0]?.header.format ?? "",
  series: images.map(seriesOf),
});

/** Seven digits, as float32 geometry has them, without zeros that say nothing. */
export const showNumber = (n: number): string => String(Number(n.toPrecision(7)));
const list = (numbers: readonly number[], separator = ", "): string => numbers.map(showNumber).join(separator);

const showChannels = ({ channels }: ImageHeader): string => {
  const shape = channels.shape.length === 0 ? "" : `${channels.shape.join(" × ")} volumes`;
  const components = channels.components === "scalar" ? "" : `${channels.components} voxels`;
  return [components, shape].filter((part) => part !== "").join(", ") || "one value a voxel";
};

export const tableOf = (path: string, { header, stats }: Described): string => {
  const { grid, rescale, modality, study, warnings, files, regular = true } = header;
  // What rounding leaves beside a straight axis says nothing.
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = grid.direction.map((n) =>
    Math.abs(n) < 1e-7 ? 0 : n,
  );
  const extent = grid.size.map((n, k) => n * (grid.spacing[k] ?? 0));
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["series", study.seriesDescription],
    ["series UID", study.seriesUid],
    ["modality", [modalityName(modality), subtypeOf(modality)].filter((part) => part !== undefined).join(" ")],
    ["files", files === undefined ? undefined : String(files)],
    ["volume", regular ? undefined : "none: its slices do not lie on one grid"],
    ["size", `${grid.size.join(" × ")} voxels, ${showChannels(header)}`],
    ["spacing", `${list(grid.spacing, " × ")} mm`],
    ["extent", `${list(extent, " × ")} mm`],
    ["orientation", orientationOf(grid)],
    ["origin", `${list(grid.origin)} mm (LPS)`],
    ["direction", [list([a, b, c]), list([d, e, f]), list([g, h, i])].join("; ")],
    [
      "stored as",
      `${header.dtype}${isIdentityRescale(rescale) ? "" : `, value = ${showNumber(rescale.slope)} · stored + ${showNumber(rescale.intercept)}`}`,
    ],
    [
      "values",
      stats &&
        `${showNumber(stats.min)} to ${showNumber(stats.max)}, mean ${showNumber(stats.mean)}${stats.nonfinite === 0 ? "" : `, ${stats.nonfinite} not finite`}`,
    ],
    ...warnings.map(({ message }) => ["warning", message] as const),
  ];
  return [
    `${path}: ${header.format}`,
    ...rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(12)} ${value}`])),
  ].join("\n");
};
