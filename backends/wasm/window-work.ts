/** Gathers that are symmetric windows along an axis, as a kernel and its numbers. */
import type { Axis, Vector3 } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather } from "../../compiler/plan.ts";
import { bringBack } from "../../compiler/stencil.ts";
import type { Rows } from "../../compiler/tile.ts";
import { isDense, type Window, windowOf } from "../../compiler/window.ts";
import { compiled } from "./cache.ts";
import { spill, windowKernel } from "./kernels/window.ts";
import { blockWidth, largest } from "./kernels/window-blocks.ts";
import { canShare } from "./memory.ts";
import { checkExact, dtypeOfBuffer, type Place } from "./places.ts";
import { Tables } from "./tables.ts";
import type { Work } from "./work.ts";

/** Output of a job, in bytes: what stays in a core's own cache until it is copied out. */
const jobBytes: Readonly<Record<Axis, number>> = { 0: 2 ** 18, 1: 2 ** 18, 2: 2 ** 19 };

/** Half the distance from 1 to the next float32. */
const rounding = 2 ** -24;
/** Samples may be moved by so much: it adds nothing to the largest floats. */
const farthest = 2 ** 100;

/** The numbers of a window. */
const numbersOf = ({ weights, zero, offset }: Window) => {
  const [own = 0, ...others] = weights;
  const sum = (of: (weight: number) => number): number => others.reduce((all, w) => all + 2 * of(w), of(own));
  const total = sum(Math.abs);
  // A power of two: pairs of samples that are divided by it are small enough, and all weighed pairs together.
  const up = 2 ** Math.min(Math.max(Math.ceil(Math.log2(total)) + 2, 2), 127);
  // What is farther is taken off afterwards.
  const taken = Math.abs(zero) <= farthest ? zero : 0;
  const near = Math.fround(taken);
  return {
    weights: Float32Array.from(weights.toReversed()),
    centred: taken !== 0,
    // What one float32 leaves of it, another holds.
    near: -near,
    rest: near - taken,
    down: 1 / up,
    up,
    limit: (largest / up) * (1 + (weights.length + 4) * rounding * total),
    offset: offset + sum((weight) => weight) * (taken - zero),
  };
};

/**
 * Some rows of the output of a window; undefined for any other gather. They are rows of whole planes, or of one plane,
 * which is how volumes are cut.
 */
export const windowWork = (
  pass: Gather,
  output: Buffer,
  places: (buffer: number) => Place,
  rows: Rows,
): Work | undefined => {
  const window = windowOf(pass);
  if (window === undefined || !isDense(window, pass)) return undefined;
  const place = places(window.source);
  if (!place.size.every((n, k) => n === output.size[k])) return undefined;
  checkExact(place);
  const { axis, boundary } = window;
  const { weights, centred, ...scaled } = numbersOf(window);
  const [source, dtype] = [place.dtype, dtypeOfBuffer(output)];
  const { size, channels } = output;
  const [nx, ny] = size;
  const outputRow = nx * dtypes[dtype].bytes;
  const reach = weights.length - 1;
  const planes = planesOf(rows, size);
  const [first, count] = axis === 2 ? [planes.from, planes.count] : [0, size[axis]];
  const samples = Array.from({ length: count + 2 * reach }, (_, p) =>
    bringBack[boundary](first + p - reach, size[axis]),
  );
  const tables = new Tables({
    // Along x samples are found in the strip, where they are floats behind those that lie before the row.
    positions: Int32Array.from(samples, (i) => (axis === 0 ? (i + reach) * 4 : i * place.strides[axis])),
    weights,
  });
  const { address, channelBytes, strides } = place;
  const numbers: Readonly<Record<string, number>> = {
    nx,
    ny,
    nz: axis === 2 ? count : size[2],
    source: address,
    channelBytes,
    sy: strides[1],
    sz: strides[2],
    reach,
    outputRow,
    ...scaled,
  };
  const shape = { axis, source, dtype, centred };
  const unitBytes = axis === 2 ? outputRow * count : outputRow;
  const strip = axis === 0 ? (nx + 2 * reach + blockWidth) * 4 : (count + 2 * reach) * blockWidth * 4;
  return {
    kernel: compiled(`window ${JSON.stringify(shape)}`, () => windowKernel(shape, canShare)),
    units: ny * (axis === 2 ? 1 : size[2]) * channels,
    bytesPerUnit: outputRow,
    unitsPerJob: Math.max(1, Math.floor(jobBytes[axis] / unitBytes)),
    scratchBytes: strip + spill * (axis === 2 ? count : 1) + 128,
    ...(axis === 2 ? { pieces: { count, stride: outputRow * ny, spill } } : {}),
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => numbers[name] ?? at + tables.addressOf(name),
  };
};

/** The planes that rows are of. */
const planesOf = ({ from, to }: Rows, [, ny]: Vector3): { readonly from: number; readonly count: number } => {
  const first = Math.floor(from / ny);
  return { from: first, count: Math.ceil(to / ny) - first };
};
