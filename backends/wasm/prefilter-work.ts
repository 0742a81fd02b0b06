/** A prefilter as a kernel and its numbers. */
import type { Prefilter } from "../../compiler/plan.ts";
import { compiled } from "./cache.ts";
import { lineScratch, prefilterLines, prefilterRows, rowScratch, rowsPerUnit } from "./kernels/prefilter.ts";
import { canShare } from "./memory.ts";
import type { Place } from "./places.ts";
import type { Work } from "./work.ts";

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
