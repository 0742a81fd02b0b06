/** Where a slice stands and how far apart its pixels are, as elements of a data set say it. */
import { dot, norm, subtract, type Vector3, vector } from "../../../compiler/language/vector.ts";
import type { DataSet } from "./data-set.ts";
import { malformed } from "./malformed.ts";
import type { Placement, Warn } from "./slice.ts";
import type { Keyword } from "./tags.ts";

export const scaled = (v: Vector3, factor: number): Vector3 => vector((k) => v[k] * factor);

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

export const placementOf = (
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

export const spacingOf = (
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

export const depthOf = (data: DataSet | undefined): number | undefined => {
  const told = [data?.number("SpacingBetweenSlices"), data?.number("SliceThickness")];
  return told
    .map((n) => (n === undefined ? undefined : Math.abs(n)))
    .find((n) => n !== undefined && Number.isFinite(n) && n > 0);
};

/** What says it in classic files, the best first. */
export const planarSpacing: readonly Keyword[] = ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"];

/** The distance between two points, mm. */
export const distance = (a: Vector3, b: Vector3): number => norm(subtract(a, b));
