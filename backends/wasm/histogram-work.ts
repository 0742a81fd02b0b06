/** Joint histograms as a kernel and its numbers, and those of blocks of rows as the one asked for. */
import { bodiesOf, type Histogram } from "../../compiler/plan.ts";
import { compiled } from "./cache.ts";
import { rowNumbers } from "./gather-work.ts";
import { histogramKernel } from "./kernels/histogram.ts";
import { canShare } from "./memory.ts";
import type { Place } from "./places.ts";
import type { Work } from "./work.ts";

/** Blocks that rows are parted into, enough for many threads, unless their histograms took more bytes than this. */
const mostBlocks = 64;
const mostBytes = 2 ** 24;

const bytesOf = ({ bins }: Histogram): number => bins * bins * 8;

export const histogramWork = (pass: Histogram, places: (buffer: number) => Place): Work => {
  const { rows, key, tables, numberOf } = rowNumbers(pass, bodiesOf(pass), pass, places);
  const bytes = bytesOf(pass);
  const allRows = pass.size[1] * pass.size[2] * pass.channels;
  const blocks = Math.max(1, Math.min(mostBlocks, Math.floor(mostBytes / bytes)));
  const rowsPerUnit = Math.ceil(allRows / blocks);
  const numbers: Readonly<Record<string, number>> = { bins: pass.bins, bytes, rowsPerUnit, allRows };
  return {
    kernel: compiled(`histogram ${key}`, () => histogramKernel(rows, canShare)),
    units: Math.ceil(allRows / rowsPerUnit),
    bytesPerUnit: bytes,
    unitsPerJob: 1,
    scratchBytes: 0,
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => numbers[name] ?? numberOf(name, at),
  };
};

/** The sum of the histograms of all blocks, in their order. */
export const sumOfBlocks = ({ bins }: Histogram, blocks: Float64Array): Float64Array => {
  const length = bins * bins;
  const sum = blocks.slice(0, length);
  for (let k = length; k < blocks.length; k++) {
    const element = k % length;
    sum[element] = (sum[element] as number) + (blocks[k] as number);
  }
  return sum;
};
