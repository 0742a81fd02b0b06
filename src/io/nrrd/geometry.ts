/**
 * Where an NRRD image stands. A header names the space that its vectors are in; here they become LPS millimetres.
 */
import { fail } from "../../../compiler/errors.ts";
import type { Grid } from "../../../compiler/language/grid.ts";
import { norm, type Vector3, vector } from "../../../compiler/language/vector.ts";
import { gridOfColumns } from "../placed-grid.ts";
import type { AxisRoles, NrrdAxis } from "./axes.ts";

type Warn = (kind: string, message: string) => void;

interface Space {
  readonly dimension: number;
  /** What each of its first three axes is multiplied with to be one of LPS; nothing where that is not known. */
  readonly toLps: Vector3 | undefined;
}

const anatomical = (toLps: Vector3, ...names: readonly string[]): readonly (readonly [string, Space])[] =>
  names.flatMap((name) => [
    [name, { dimension: 3, toLps }] as const,
    [name.length === 3 ? `${name}t` : `${name}-time`, { dimension: 4, toLps }] as const,
  ]);

const spaces: ReadonlyMap<string, Space> = new Map([
  ...anatomical([-1, -1, 1], "right-anterior-superior", "ras"),
  ...anatomical([1, -1, 1], "left-anterior-superior", "las"),
  ...anatomical([1, 1, 1], "left-posterior-superior", "lps"),
  ...["scanner-xyz", "3d-right-handed", "3d-left-handed"].flatMap(
    (name) =>
      [
        [name, { dimension: 3, toLps: undefined }],
        [`${name}-time`, { dimension: 4, toLps: undefined }],
      ] as const,
  ),
]);

const plain: Vector3 = [1, 1, 1];

const millimetres: Readonly<Record<string, number>> = {
  mm: 1,
  millimeter: 1,
  millimeters: 1,
  m: 1000,
  meter: 1000,
  cm: 10,
  um: 1e-3,
  µm: 1e-3,
  micron: 1e-3,
  microns: 1e-3,
  nm: 1e-6,
};

/** The vectors of a field: "(1,0,0) none (0,1,0)". Those that are all NaN stand for `none`, as pynrrd once wrote it. */
export const vectorsOf = (text: string, path: string): readonly (readonly number[] | undefined)[] => {
  const found = text.match(/\([^()]*\)|none/gi) ?? [];
  if (text.replaceAll(/\([^()]*\)|none|\s/gi, "") !== "")
    fail({ kind: "MalformedFile", path, reason: `has "${text.slice(0, 60)}" where vectors should be` });
  return found.map((one) => {
    if (/^none$/i.test(one)) return undefined;
    const numbers = one
      .slice(1, -1)
      .split(",")
      .map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    return numbers.every(Number.isNaN) ? undefined : numbers;
  });
};

/** What a header says about where its axes lie, before it is known which these are. */
export interface SpaceFields {
  /** In lower case. */
  readonly space: string | undefined;
  readonly dimension: number | undefined;
  readonly units: readonly string[];
  readonly directed: boolean;
  readonly origin: readonly number[] | undefined;
}

/** How many numbers a vector of this space has. */
export const dimensionOf = ({ space, dimension }: SpaceFields): number | undefined =>
  (space === undefined ? undefined : spaces.get(space)?.dimension) ?? dimension;

/** Along one axis, where the file has no vectors: its step and its first voxel's place. */
export interface AxisPlace {
  readonly spacing: number;
  readonly origin: number;
}

const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const unit = (a: Vector3): Vector3 => {
  const length = norm(a);
  return vector((k) => a[k] / length);
};

/** Three columns from as many as there are: across a slice, or any that are square to a line. */
const completed = (columns: readonly Vector3[]): readonly [Vector3, Vector3, Vector3] => {
  const [a = [1, 0, 0], b, c] = columns;
  if (b !== undefined) return [a, b, c ?? unit(cross(a, b))];
  const least =
    Math.abs(a[2]) <= Math.abs(a[1]) && Math.abs(a[2]) <= Math.abs(a[0]) ? 2 : Math.abs(a[1]) <= Math.abs(a[0]) ? 1 : 0;
  const across = unit(
    cross(
      vector((k) => Number(k === least)),
      a,
    ),
  );
  return [a, across, unit(cross(a, across))];
};

/**
 * The grid of an image whose axes lie as the header says.
 * @throws MedImagesError `MalformedFile`
 */
export const gridOfAxes = (
  axes: readonly NrrdAxis[],
  roles: AxisRoles,
  fields: SpaceFields,
  places: readonly AxisPlace[],
  path: string,
  warn: Warn,
): Grid => {
  const size: Vector3 = vector((k) => axes[roles.space[k] ?? -1]?.size ?? 1);
  const { space } = fields;
  const known = space === undefined ? undefined : spaces.get(space);
  if (space !== undefined && known === undefined) warn("space", `its space "${space}" is not known; LPS was taken`);
  else if (known?.toLps === undefined)
    warn(
      "space",
      `${space === undefined ? "does not say in which space it lies" : `its space "${space}" says nothing of the patient`}; LPS was taken`,
    );
  const toLps = known?.toLps ?? plain;
  const scale = vector((k) => {
    const unitName = fields.units[k]?.toLowerCase() ?? "";
    const factor = millimetres[unitName];
    if (factor === undefined && !["", "???"].includes(unitName))
      warn("units", `its space unit "${unitName}" is not known; mm was taken`);
    return factor ?? 1;
  });
  const inLps = (numbers: readonly number[]): Vector3 => vector((k) => toLps[k] * scale[k] * (numbers[k] ?? 0) + 0);
  const columns = fields.directed
    ? roles.space.map((k) => inLps(axes[k]?.direction ?? []))
    : roles.space.map((k, c) => inLps([0, 1, 2].map((r) => (r === c ? (places[k]?.spacing ?? 1) : 0))));
  const origin = fields.origin ?? (fields.directed ? [] : roles.space.map((k) => places[k]?.origin ?? 0));
  return gridOfColumns(size, completed(columns), inLps(origin), path);
};
