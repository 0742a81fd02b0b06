/** Rows that are read side by side, wherever they lie: voxels moved by whole numbers, among others in one pass. */
import { expect, it } from "vitest";
import { reference } from "../../../backends/reference/index.ts";
import { compileVolume } from "../../../compiler/compile.ts";
import { translation } from "../../../compiler/language/affine.ts";
import { input, interpolate, mapFields, sample, warp } from "../../../compiler/language/field.ts";
import { gridOf } from "../../../compiler/language/grid.ts";
import type { Outside } from "../../../compiler/language/interpolator.ts";
import { binary, constant, type Scalar, tap } from "../../../compiler/language/scalar.ts";
import {
  type DType,
  dtypeNames,
  dtypes,
  storedAs,
  type VoxelArray,
  voxelsOf,
} from "../../../compiler/language/voxels.ts";
import { wasm } from "../../../src/index.ts";

const size = [13, 6, 5] as const;
const shifts = [
  [0, 0, 0],
  [3, -2, 1],
  [-5, 4, -7],
  [20, 0, 0],
] as const;

const numbersOf = (dtype: DType): VoxelArray => {
  const data = new dtypes[dtype].array(13 * 6 * 5);
  const low = dtypes[dtype].min < 0 ? 50 : 0;
  for (let k = 0; k < data.length; k++) {
    const value = ((k * 37) % 101) - low;
    data[k] = dtype === "int64" || dtype === "uint64" ? (BigInt(value) as never) : (value as never);
  }
  return data;
};

const outsides: readonly Outside[] = [
  { kind: "clamp" },
  { kind: "reflect" },
  { kind: "wrap" },
  { kind: "background" },
  { kind: "constant", value: 7 },
];

it.each(dtypeNames.flatMap((dtype) => outsides.map((outside) => [dtype, outside] as const)))(
  "%s, %o outside",
  async (dtype, outside) => {
    const grid = gridOf(size);
    const source = interpolate(input(voxelsOf(numbersOf(dtype)), grid), { by: "nearest", outside });
    const body = shifts.reduce<Scalar>(
      (sum, _, k) => binary("add", sum, binary("mul", tap(k), constant(10 ** k))),
      constant(0),
    );
    const moved = shifts.map((shift) => warp(source, translation(shift)));
    const program = compileVolume(sample(mapFields(body, moved), grid, storedAs("float64"), "moved"));
    const [found, expected] = [await wasm.run(program), await reference.run(program)];
    expect(found.data).toEqual(expected.data);
  },
);
