/**
 * Which axes of an NRRD file are those of space, and what the others are: an NRRD file may have its vectors and
 * time points first or last, and says by `kinds` and by `none` among the directions which axes they are.
 */
import { fail } from "../../../compiler/errors.ts";
import { type Channels, componentCount } from "../../image.ts";
import type { PlacedAxis } from "../axis-order.ts";

/** One axis, fastest first, as the file describes it. */
export interface NrrdAxis {
  readonly size: number;
  /** In lower case; "" where the file does not say. */
  readonly kind: string;
  /** The step along the axis in the file's space; nothing for an axis that does not lie in it. */
  readonly direction: readonly number[] | undefined;
}

export interface AxisRoles {
  /** Up to three positions in the list of axes. */
  readonly space: readonly number[];
  /** The others, the ones before the axes of space first. */
  readonly others: readonly number[];
  /** How many numbers of one voxel lie together: the axes before the first of space. */
  readonly interleaved: number;
  /** Where the axes of the file lie in memory, where one of something else stands between those of space. */
  readonly placed: readonly PlacedAxis[] | undefined;
  readonly channels: Channels;
}

const spaceKinds: ReadonlySet<string> = new Set(["", "???", "none", "domain", "space"]);

const components: Readonly<Record<string, Channels["components"]>> = {
  "rgb-color": "rgb",
  "rgba-color": "rgba",
  complex: "complex",
};

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, k) => from + k);

/** The axes of the file, when memory has them in this order. */
const placedAxes = (axes: readonly NrrdAxis[], order: readonly number[]): readonly PlacedAxis[] => {
  const size = (k: number): number => axes[k]?.size ?? 1;
  return axes.map((_, k) => ({
    size: size(k),
    stride: order.slice(0, order.indexOf(k)).reduce((n, before) => n * size(before), 1),
  }));
};

/** @throws MedImagesError `UnsupportedFile`, `MalformedFile` */
export const rolesOf = (axes: readonly NrrdAxis[], directed: boolean, path: string): AxisRoles => {
  const spatial = axes.flatMap(({ kind, direction }, k) =>
    (directed ? direction !== undefined : spaceKinds.has(kind)) ? [k] : [],
  );
  if (directed && spatial.length > 3)
    fail({ kind: "UnsupportedFile", path, reason: `has ${spatial.length} axes in space, where there are three` });
  // Without directions the axes after the third are of something else, whatever their kind.
  const space = spatial.slice(0, 3);
  const [first] = space;
  if (first === undefined)
    return fail({ kind: "UnsupportedFile", path, reason: "has no axis that lies in space, so that it is no image" });
  const others = range(0, axes.length).filter((axis) => !space.includes(axis));
  const sizes = others.map((k) => axes[k]?.size ?? 1);
  const kind = components[axes[others[0] ?? -1]?.kind ?? ""];
  const channels: Channels =
    kind !== undefined && componentCount[kind] === sizes[0]
      ? { components: kind, shape: sizes.slice(1) }
      : { components: "scalar", shape: sizes };
  const between = space.some((axis, k) => axis !== first + k);
  return {
    space,
    others,
    interleaved: sizes.slice(0, first).reduce((a, b) => a * b, 1),
    placed: between ? placedAxes(axes, [...space, ...others]) : undefined,
    channels,
  };
};
