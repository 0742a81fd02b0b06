/** The transpose of a tap as a kernel and its numbers: a unit is a plane of the output. */
import { product, type Vector3 } from "../../compiler/language/vector.ts";
import type { Buffer, Scatter } from "../../compiler/plan.ts";
import { compiled } from "./cache.ts";
import { fixedNumber, fixedPoint } from "./gather-work.ts";
import { scatterKernel, spare } from "./kernels/scatter.ts";
import { canShare } from "./memory.ts";
import type { Place } from "./places.ts";
import { type RowTiles, stripsOf } from "./row-tiles.ts";
import type { Work } from "./work.ts";

/** Bytes of the planes that a job owns: about what a core's cache holds. */
const jobBytes = 2 ** 22;
/** The fewest planes of a job: what comes back from beyond an edge must not pass over the planes there. */
const fewestPlanes = 4;
/** Jobs that the planes of a channel are cut into, at least where they are many, whatever the number of threads. */
const fairJobs = 6;
/** Where anything may come from anywhere each job looks at all of the domain. */
const wideJobs = 4;

/** The float32 values of a domain, which weights are multiplied with. */
export interface Given {
  readonly memory: WebAssembly.Memory;
  /** Where those of the first strip start. */
  readonly address: number;
  /** Bytes from row to row of a strip, and from strip to strip. */
  readonly rowBytes: number;
  readonly unitBytes: number;
  readonly tiles: RowTiles;
}

export const scatterWork = ({ size, channels, through }: Scatter, output: Buffer, given: Given): Work => {
  const { by, boundary, pull } = through;
  const [n0, n1, n2] = output.size;
  const planeBytes = n0 * n1 * 4;
  const isWide = boundary === "reflect" || boundary === "wrap";
  const fair = Math.min(Math.ceil(n2 / fairJobs), Math.floor(jobBytes / planeBytes));
  const numbers: Readonly<Record<string, number>> = {
    ...named("n", output.size),
    nx: size[0],
    ny: size[1],
    nz: size[2],
    given: given.address,
    rowBytes: given.rowBytes,
    unitBytes: given.unitBytes,
    perChannel: stripsOf(size, given.tiles),
    tileRows: given.tiles.rows,
    tilePlanes: given.tiles.planes,
    channels,
    summed: output.channels === 1 ? 1 : 0,
    ...fixedPoint([pull]),
    ...named("m", pull.linear),
    ...named("t", pull.offset),
  };
  return {
    kernel: compiled(`scatter ${by} ${boundary}`, () => scatterKernel({ by, boundary }, canShare)),
    units: n2 * output.channels,
    bytesPerUnit: planeBytes,
    unitsPerJob: Math.max(fewestPlanes, isWide ? Math.ceil(n2 / wideJobs) : fair),
    scratchBytes: 2 * spare[by] * planeBytes,
    leadBytes: spare[by] * planeBytes,
    tableBytes: 0,
    writeTables: () => {},
    valueOf: (name) => numbers[name] ?? (/^f[0-2]1$/.test(name) ? fixedNumber(pull, name) : Number.NaN),
  };
};

const named = (prefix: string, values: readonly number[]): Readonly<Record<string, number>> =>
  Object.fromEntries(values.map((value, k) => [`${prefix}${k}`, value]));

/** Whether the values of a domain lie in a buffer as the kernel reads them. */
export const isGiven = ({ size, channels }: Scatter, buffer: Buffer, { dtype }: Place): boolean =>
  dtype === "float32" &&
  product(size) === product(buffer.size) &&
  sameSize(size, buffer.size) &&
  channels === buffer.channels;

const sameSize = (a: Vector3, b: Vector3): boolean => a.every((n, k) => n === b[k]);
