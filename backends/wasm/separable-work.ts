/** A gather along the axes as a kernel and its tables; undefined for those that another kernel must do. */
import { wordsOf } from "../../compiler/language/random.ts";
import type { Axis } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather, Tap } from "../../compiler/plan.ts";
import { compiled } from "./cache.ts";
import { randomNumber, randomsOf } from "./kernels/random.ts";
import { constantsOf, tablesIn } from "./kernels/rows.ts";
import { type SeparableShape, separableKernel } from "./kernels/separable.ts";
import { rowsBytes } from "./kernels/separable-blend.ts";
import { canShare } from "./memory.ts";
import { dtypeOfBuffer, type Place } from "./places.ts";
import { Recent } from "./recent.ts";
import { blendWidth, type RowTable, rowTable } from "./separable-row.ts";
import { axisTable, isSeparable, type Knots, knotsAlong, readingOrder, regionMasks } from "./separable-tables.ts";
import { Tables } from "./tables.ts";
import { type Variants, variantsOf } from "./variants.ts";
import { backgroundBuffers, backgroundValues, spell, type Work } from "./work.ts";

export const separableWork = (pass: Gather, output: Buffer, places: (buffer: number) => Place): Work | undefined => {
  const [tap, ...others] = pass.taps;
  if (tap === undefined || others.length > 0 || tap.class === "general" || !pass.regions.every(isSeparable))
    return undefined;
  const order = readingOrder(tap);
  if (order?.[0] !== 0 || tablesIn([pass.body]).length > 0) return undefined;
  const variants = variantsOf(pass.body, pass.regions.length);
  const place = places(tap.source);
  const dtype = dtypeOfBuffer(output);
  if (movesOnly(tap, variants) && place.dtype === dtype) return undefined;
  return work({ pass, tap, output, place, places, variants, along: (axis) => order[axis] as Axis });
};

/** Whether every voxel is a copy of one sample, or a constant: what moves bytes does that better. */
const movesOnly = ({ by, class: freedom }: Tap, { bodies }: Variants): boolean =>
  (by === "nearest" || (freedom === "copy" && by === "linear")) &&
  bodies.every((body) => ["tap", "const", "background"].includes(body.kind));

interface Parts {
  readonly pass: Gather;
  readonly tap: Tap;
  readonly output: Buffer;
  readonly place: Place;
  readonly places: (buffer: number) => Place;
  readonly variants: Variants;
  /** The output axis that a source axis follows. */
  readonly along: (axis: Axis) => Axis;
}

const work = ({ pass, tap, output, place, places, variants, along }: Parts): Work => {
  const dtype = dtypeOfBuffer(output);
  const { integer } = dtypes[place.dtype];
  const [nx, ny, nz] = output.size;
  const { row, ...axisTables } = tablesOf(pass, tap, output, place, along);
  const shape: SeparableShape = {
    by: tap.by,
    source: place.dtype,
    dtype,
    variants,
    form: row.form,
    guarded: !integer && tap.by === "linear" && row.hasZeroWeights,
  };
  const constants = constantsOf(variants.bodies);
  const backgrounds = backgroundBuffers(pass);
  const tables = new Tables({
    choices: variants.choice,
    ...axisTables,
    segments: row.segments,
    groups: row.groups,
    repeated: row.repeated,
    ...Object.fromEntries(
      backgrounds.map((buffer) => [`background${buffer}`, backgroundValues(places(buffer), output.channels)]),
    ),
  });
  const numbers = numbersOf(row, place);
  const randoms = randomsOf(variants.bodies);
  const spelled = variants.bodies.map((body) => spell(body, constants, randoms));
  const key = JSON.stringify([{ ...shape, variants: 0 }, [...variants.choice], spelled]);
  return {
    kernel: compiled(`separable ${key}`, () => separableKernel(shape, canShare)),
    units: ny * nz * output.channels,
    bytesPerUnit: nx * dtypes[dtype].bytes,
    scratchBytes: rowsBytes(tap.by, row.width) + 128,
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => {
      if (name.startsWith("constant")) return constants[Number(name.slice(8))] ?? Number.NaN;
      if (name.startsWith("random")) {
        const [k, part = ""] = name.slice(6).split(".");
        const key = randoms[Number(k)];
        return randomNumber(key && wordsOf(key), part);
      }
      return { ...numbers, nx, ny, nz, outputRow: nx * dtypes[dtype].bytes }[name] ?? at + tables.addressOf(name);
    },
  };
};

interface AxisTables {
  readonly row: RowTable;
  readonly yTable: Int32Array;
  readonly zTable: Int32Array;
}

/** Loops ask for the same geometry again and again, and for small volumes tables cost as much as voxels. */
const recent = new Recent<AxisTables>(16);

const tablesOf = (pass: Gather, tap: Tap, output: Buffer, place: Place, along: Parts["along"]): AxisTables => {
  const dtype = dtypeOfBuffer(output);
  const { pull, by, boundary } = tap;
  const key = JSON.stringify([pull, by, boundary, pass.regions, output.size, dtype, place.size, place.strides]);
  return recent.get(key, () => {
    const knotsOf = (axis: Axis): readonly Knots[] =>
      knotsAlong(tap, axis, along(axis), output.size[along(axis)], place.size[axis]);
    const masks = (axis: Axis): Uint8Array => regionMasks(pass.regions, axis, output.size[axis]);
    const tableOf = (outputAxis: 1 | 2): Int32Array => {
      const axis = along(1) === outputAxis ? 1 : 2;
      return axisTable(knotsOf(axis), place.strides[axis], masks(outputAxis));
    };
    return { row: rowTable(knotsOf(0), masks(0), dtype), yTable: tableOf(1), zTable: tableOf(2) };
  });
};

/** Numbers of the kernel that do not depend on where its tables are. */
const numbersOf = (row: RowTable, place: Place): Readonly<Record<string, number>> => {
  const { bytes } = dtypes[place.dtype];
  return {
    source: place.address + row.first * bytes,
    channelBytes: place.channelBytes,
    samples: Math.ceil(row.count / blendWidth) * blendWidth,
    rowBytes: row.width * 4,
    direct: place.dtype === "float32" && row.repeated.length === 0 ? 1 : 0,
  };
};
