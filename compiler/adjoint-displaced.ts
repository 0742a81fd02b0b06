/**
 * What a displaced look hands on: to its source by the transposed look; to the displacement, and to what moves the look
 * besides, by how fast the source rises where it went.
 */
import { plus, times } from "./derive.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { type Axis, at, axes } from "./language/vector.ts";
import { type Buffer, copyOf, type Displaced, type DisplacedScatter, type Scatter, type Tap } from "./plan.ts";

/** The slopes of a displaced look times the cotangent of what it read, as bodies over copies. */
export interface DisplacedSlopes {
  readonly taps: readonly Tap[];
  /** Along each axis of the source. */
  readonly along: readonly [Scalar, Scalar, Scalar];
  /** The components of the displacement. */
  readonly displacement: readonly [Scalar, Scalar, Scalar];
}

/** `write` adds a pass with a new output. */
export const slopesOf = (
  pass: Displaced,
  cotangent: number,
  like: Buffer,
  write: (pass: Omit<Displaced, "output">, as: Buffer) => number,
): DisplacedSlopes => {
  const { kind, source, aim, by, boundary } = pass;
  const slope = (axis: Axis): number =>
    write({ kind, source, aim, by, boundary, slope: axis }, { ...like, storage: "working" });
  const buffers = [...axes.map(slope), cotangent, ...aim.displacement];
  const along = (axis: Axis): Scalar => times(scalar.tap(axis), scalar.tap(3));
  return {
    taps: buffers.map(copyOf),
    along: [along(0), along(1), along(2)],
    displacement: [scalar.tap(4), scalar.tap(5), scalar.tap(6)],
  };
};

/** What component `k` of the displacement is given: the rise of the source along x, y or z of the world, over all channels. */
export const givenToComponent = (
  { aim: { onto } }: Displaced,
  k: Axis,
  { taps, along }: DisplacedSlopes,
  { size, channels }: Pick<Buffer, "size" | "channels">,
): Omit<Scatter, "output"> => {
  const body = axes.reduce<Scalar>(
    (sum, axis) => plus(sum, times(along[axis], scalar.constant(at(onto.linear, axis, k)))),
    scalar.constant(0),
  );
  const { source: _, ...through } = copyOf(0);
  const reason = `the transpose of a displacement along ${"xyz"[k]}`;
  return { kind: "scatter", size, channels, taps, regions: [], body, through, reason };
};

export const givenToSource = ({ aim, by, boundary }: Displaced, given: number): Omit<DisplacedScatter, "output"> => ({
  kind: "displaced-scatter",
  given,
  aim,
  by,
  boundary,
});
