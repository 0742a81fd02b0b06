/**
 * Rounding and saturation as arithmetic on a voxel, for when it happens in the middle of a chain. Where it
 * is the last thing that happens, the store does it anyway, and the compiler takes it out again.
 */
import { binary, constant, type Scalar, unary } from "./scalar.ts";
import { type DType, dtypes } from "./voxels.ts";

/** The value that an array of `dtype` would hold for `x`: whole (half up) and within its limits. */
export const quantized = (dtype: DType, x: Scalar): Scalar => {
  const { integer, min, max } = dtypes[dtype];
  if (!integer) return x;
  const whole = unary("floor", binary("add", x, constant(0.5)));
  return binary("min", binary("max", whole, constant(min)), constant(max));
};

/** The `x` of which `body` is the quantized value, or the body itself. */
export const unquantized = (dtype: DType, body: Scalar): Scalar => {
  if (body.kind !== "binary" || body.a.kind !== "binary" || body.a.a.kind !== "unary") return body;
  const sum = body.a.a.a;
  return sum.kind === "binary" && quantized(dtype, sum.a) === body ? sum.a : body;
};
