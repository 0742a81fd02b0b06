/** A pass as a kernel and the numbers that it is run with, and what all kinds of passes share in making them. */
import {
  constant,
  nodesOf,
  type Random,
  random,
  replaceLeaves,
  type Scalar,
  showScalar,
} from "../../compiler/language/scalar.ts";
import { cornerMedian } from "../../compiler/language/voxels.ts";
import { bodiesOf, type GradientPass } from "../../compiler/plan.ts";
import type { CompiledKernel } from "./cache.ts";
import type { Place } from "./places.ts";
import type { Pieces } from "./task.ts";

/** What a pass needs of its surroundings. */
export interface Work {
  readonly kernel: CompiledKernel;
  /** Sets of rows that are computed independently, of all channels. */
  readonly units: number;
  /** Rows of output in a unit; kernels that work in place need not say. */
  readonly rowsPerUnit?: number;
  /** Bytes of a unit of output, when the kernel leaves it in its scratch area. */
  readonly bytesPerUnit?: number;
  /** Units that are rows of every plane leave a piece for each. */
  readonly pieces?: Pieces;
  /** Bytes of output that a unit is as much work as, where it leaves fewer. */
  readonly workPerUnit?: number;
  /** Units that do well together, where it matters. */
  readonly unitsPerJob?: number;
  /** Scratch that a thread needs besides its output. */
  readonly scratchBytes: number;
  /** How much of that lies before where the output is left, if not all behind. */
  readonly leadBytes?: number;
  /** Bytes of tables, which are written at `tables` before the run. */
  readonly tableBytes: number;
  writeTables(buffer: ArrayBufferLike, tables: number): void;
  /** The value of a uniform. */
  valueOf(name: string, tables: number): number;
}

/** Equality as sets and maps have it: NaN is itself, and −0 is 0. */
const sameNumber = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** A body as text in which constants and random numbers are numbered: kernels depend neither on values nor on seeds. */
export const spell = (body: Scalar, constants: readonly number[], randoms: readonly Random[]): string =>
  showScalar(
    replaceLeaves(body, (leaf) => {
      if (leaf.kind === "random") return random(randoms.indexOf(leaf));
      return leaf.kind === "const"
        ? constant(constants.findIndex((value) => sameNumber(value, leaf.value)))
        : undefined;
    }),
  );

export const backgroundBuffers = (pass: GradientPass): readonly number[] => [
  ...new Set(
    bodiesOf(pass)
      .flatMap(nodesOf)
      .flatMap((s) => (s.kind === "background" ? [s.buffer] : [])),
  ),
];

/** The backgrounds of a volume's channels, in stored numbers; a volume of one channel has one for any number. */
export const backgroundValues = (place: Place, channels: number): Float32Array =>
  Float32Array.from({ length: channels }, (_, channel) => backgroundOf(place, channel));

export const backgroundOf = ({ voxels, size, channels }: Place, channel: number): number =>
  cornerMedian(voxels(), size, channel % channels);
