/** Each kind of pass as kernels and the numbers they are run with. */

import { constant, nodesOf, replaceLeaves, type Scalar, showScalar } from "../../compiler/language/scalar.ts";
import { axes } from "../../compiler/language/vector.ts";
import { cornerMedian, dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather, Prefilter, Region, Tap } from "../../compiler/plan.ts";
import { tieTolerance } from "../../compiler/stencil.ts";
import { type CompiledKernel, compiled } from "./cache.ts";
import { longestRun, reach } from "./kernels/fixed.ts";
import { constantsOf, type GatherShape, gatherKernel } from "./kernels/gather.ts";
import { lineScratch, prefilterLines, prefilterRows, rowScratch, rowsPerUnit } from "./kernels/prefilter.ts";
import { canShare } from "./memory.ts";
import { dtypeOfBuffer, type Place } from "./places.ts";
import { variantsOf } from "./variants.ts";

/** What a pass needs of its surroundings. */
export interface Work {
  readonly kernel: CompiledKernel;
  /** Rows, or sets of them, that are computed independently. */
  readonly units: number;
  /** Bytes of a unit of output, when the kernel leaves it in its scratch area. */
  readonly bytesPerUnit?: number;
  /** Units that do well together, where it matters. */
  readonly unitsPerJob?: number;
  /** Scratch that a thread needs besides its output. */
  readonly scratchBytes: number;
  /** Bytes of tables, which are written at `tables` before the run. */
  readonly tableBytes: number;
  writeTables(buffer: ArrayBufferLike, tables: number): void;
  /** The value of a uniform. */
  valueOf(name: string, tables: number): number;
}

export const gatherWork = (pass: Gather, output: Buffer, places: (buffer: number) => Place): Work => {
  const dtype = dtypeOfBuffer(output);
  const variants = variantsOf(pass.body, pass.regions.length);
  const taps = pass.taps.map((tap) => ({ by: tap.by, boundary: tap.boundary, dtype: places(tap.source).dtype }));
  const shape: GatherShape = { taps, regions: pass.regions.length, variants, dtype };
  const constants = constantsOf(variants.bodies);
  const key = JSON.stringify([
    taps,
    pass.regions.length,
    dtype,
    [...variants.choice],
    variants.bodies.map((body) => spell(body, constants)),
  ]);
  const kernel = compiled(`gather ${key}`, () => gatherKernel(shape, canShare));
  const [nx, ny, nz] = output.size;
  const backgrounds = backgroundBuffers(pass);
  const steepest = Math.max(
    0,
    ...pass.taps.flatMap(({ pull }) => axes.map((k) => Math.abs(pull.linear[k * 3] as number))),
  );
  const runLength = Math.max(4, Math.min(longestRun, Math.floor(reach / Math.max(steepest, 1) / 4) * 4 - 4));
  const gentle = steepest * (runLength + 4) <= reach ? 1 : 0;
  const general: Readonly<Record<string, number>> = {
    nx,
    ny,
    nz,
    runLength,
    gentle,
    clampable: pass.taps.every((tap) => places(tap.source).size[0] > 1) ? 1 : 0,
  };
  const choiceBytes = Math.ceil(variants.choice.length / 16) * 16;
  const tableOf = (buffer: number): number => choiceBytes + backgrounds.indexOf(buffer) * output.channels * 4;
  return {
    kernel,
    units: ny * nz * output.channels,
    bytesPerUnit: nx * dtypes[dtype].bytes,
    scratchBytes: 64,
    tableBytes: choiceBytes + backgrounds.length * output.channels * 4,
    writeTables: (buffer, tables) => {
      new Uint8Array(buffer, tables, variants.choice.length).set(variants.choice);
      for (const background of backgrounds)
        new Float32Array(buffer, tables + tableOf(background), output.channels).set(
          backgroundValues(places(background), output.channels),
        );
    },
    valueOf: (name, tables) => {
      const [what = "", part = ""] = name.split(".");
      const number = Number(/\d+$/.exec(what)?.[0]);
      if (name === "choices") return tables;
      if (name in general) return general[name] ?? Number.NaN;
      if (what.startsWith("tap"))
        return tapValue(pass.taps[number] as Tap, places((pass.taps[number] as Tap).source), part);
      if (what.startsWith("region")) return regionValue(pass.regions[number] as Region, part);
      if (what.startsWith("constant")) return constants[number] ?? Number.NaN;
      return tables + tableOf(number);
    },
  };
};

/** Equality as sets and maps have it: NaN is itself, and −0 is 0. */
const sameNumber = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** A body as text in which constants are numbered: kernels do not depend on their values. */
export const spell = (body: Scalar, constants: readonly number[]): string =>
  showScalar(
    replaceLeaves(body, (leaf) =>
      leaf.kind === "const" ? constant(constants.findIndex((value) => sameNumber(value, leaf.value))) : undefined,
    ),
  );

export const backgroundBuffers = (pass: Gather): readonly number[] => [
  ...new Set(nodesOf(pass.body).flatMap((s) => (s.kind === "background" ? [s.buffer] : []))),
];

export const backgroundValues = (place: Place, channels: number): Float32Array => {
  const { memory, address, dtype, size } = place;
  const data = new dtypes[dtype].array(memory.buffer, address, place.bytes / dtypes[dtype].bytes);
  const voxels = { data, dtype, channels: place.channels, rescale: { slope: 1, intercept: 0 } };
  return Float32Array.from({ length: channels }, (_, c) => cornerMedian(voxels, size, c % place.channels));
};

const tapValue = ({ pull }: Tap, place: Place, part: string): number => {
  const k = Number(part.slice(1));
  if (part === "source") return place.address;
  if (part === "channelBytes") return place.channels === 1 ? 0 : place.bytes / place.channels;
  if (part.startsWith("m")) return pull.linear[k] ?? Number.NaN;
  if (part.startsWith("t")) return pull.offset[k] ?? Number.NaN;
  return place.size[k] ?? Number.NaN;
};

const regionValue = ({ pull, size }: Region, part: string): number => {
  if (part === "low") return -0.5 - tieTolerance;
  if (part.startsWith("high")) return (size[Number(part.slice(4))] ?? Number.NaN) - 0.5 - tieTolerance;
  const k = Number(part.slice(1));
  return (part.startsWith("m") ? pull.linear[k] : pull.offset[k]) ?? Number.NaN;
};

/** In place, on float32. */
export const prefilterWork = ({ axis, boundary }: Prefilter, place: Place): Work => {
  const [nx, ny, nz] = place.size;
  const row = nx * 4;
  const tables = { tableBytes: 0, writeTables: () => undefined };
  if (axis === 0) {
    const rows = ny * nz * place.channels;
    const numbers: Readonly<Record<string, number>> = { data: place.address, n: nx, rows };
    return {
      kernel: compiled(`prefilter lines ${boundary}`, () => prefilterLines(boundary, canShare)),
      units: Math.ceil(rows / rowsPerUnit),
      scratchBytes: nx * lineScratch,
      valueOf: (name) => numbers[name] ?? Number.NaN,
      ...tables,
    };
  }
  const plane = row * ny;
  const numbers: Readonly<Record<string, number>> =
    axis === 1
      ? { data: place.address, n: ny, stride: row, rowBytes: row, inner: 1, innerBytes: 0, outerBytes: plane }
      : {
          data: place.address,
          n: nz,
          stride: plane,
          rowBytes: row,
          inner: ny,
          innerBytes: row,
          outerBytes: plane * nz,
        };
  return {
    kernel: compiled(`prefilter rows ${boundary}`, () => prefilterRows(boundary, canShare)),
    units: (axis === 1 ? nz : ny) * place.channels,
    scratchBytes: (axis === 1 ? ny : nz) * rowScratch,
    valueOf: (name) => numbers[name] ?? Number.NaN,
    ...tables,
  };
};
