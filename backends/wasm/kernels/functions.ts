/**
 * Exponential, logarithm and power of four floats, which WebAssembly lacks: range reduction and the
 * minimax polynomials of Cephes (S. Moshier), good to about one unit in the last place. They are written where they are
 * needed and not called: engines keep no vector in a register across a call.
 */
import type { Local } from "../assembler/index.ts";
import type { F, V128 } from "./context.ts";

type Vector = Local<"v128">;

const polynomial = (f: F, x: V128, coefficients: readonly number[]): V128 => {
  const [first = 0, ...rest] = coefficients;
  return rest.reduce<V128>((sum, c) => f.f32x4.add(f.f32x4.mul(sum, x), f.f32x4.splat(c)), f.f32x4.splat(first));
};

/** eˣ. */
export const expOf = (f: F, x: Vector): V128 => {
  const { f32x4, i32x4, v128 } = f;
  // Below this the result is 0 in float32, to which processors come slowly by multiplying; beyond 89 it is infinite.
  const isNone = f.keep(f32x4.lt(x, f32x4.splat(-103.98)));
  const held = f.keep(f32x4.min(v128.andnot(x, isNone), f32x4.splat(89)));
  const n = f.keep(f32x4.floor(f32x4.add(f32x4.mul(held, f32x4.splat(Math.LOG2E)), f32x4.splat(0.5))));
  const high = f32x4.sub(held, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f.keep(f32x4.sub(high, f32x4.mul(n, f32x4.splat(-2.1219444e-4))));
  const p = polynomial(
    f,
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  const small = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  // 2ⁿ in two factors, so that neither leaves the exponents of float32.
  const whole = f.keep(i32x4.trunc_sat_f32x4_s(n));
  const half = f.keep(i32x4.shr_s(whole, 1));
  const power = (k: V128): V128 => i32x4.shl(i32x4.add(k, i32x4.splat(127)), 23);
  const result = f.keep(f32x4.mul(f32x4.mul(small, power(half)), power(i32x4.sub(whole, half))));
  return v128.andnot(v128.bitselect(result, x, f32x4.eq(x, x)), isNone);
};

/** ln x. */
export const logOf = (f: F, x: Vector): V128 => {
  const { f32x4, i32x4, v128 } = f;
  // Numbers below the normal ones are scaled up first.
  const tiny = f.keep(f32x4.lt(x, f32x4.splat(1.17549435e-38)));
  const scaled = f.keep(v128.bitselect(f32x4.mul(x, f32x4.splat(2 ** 25)), x, tiny));
  const bits = f.keep(scaled);
  const exponent = i32x4.sub(i32x4.shr_u(bits, 23), i32x4.splat(126));
  const e0 = f.keep(f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(f32x4.splat(25), tiny)));
  const m0 = f.keep(v128.or(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000)));
  const below = f.keep(f32x4.lt(m0, f32x4.splat(Math.SQRT1_2)));
  const e = f.keep(f32x4.sub(e0, v128.and(f32x4.splat(1), below)));
  const m = f.keep(f32x4.sub(f32x4.add(m0, v128.and(m0, below)), f32x4.splat(1)));
  const z = f.keep(f32x4.mul(m, m));
  const p = polynomial(
    f,
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const tail = f32x4.add(f32x4.mul(f32x4.mul(p, m), z), f32x4.mul(e, f32x4.splat(-2.1219444e-4)));
  const near = f32x4.add(m, f32x4.sub(tail, f32x4.mul(f32x4.splat(0.5), z)));
  const result = f.keep(f32x4.add(near, f32x4.mul(e, f32x4.splat(0.693359375))));
  const infinite = f.keep(v128.bitselect(x, result, f32x4.eq(x, f32x4.splat(Number.POSITIVE_INFINITY))));
  const zero = f.keep(v128.bitselect(f32x4.splat(Number.NEGATIVE_INFINITY), infinite, f32x4.eq(x, f32x4.splat(0))));
  // Negative numbers and NaN have no logarithm.
  return v128.bitselect(zero, f32x4.splat(Number.NaN), f32x4.ge(x, f32x4.splat(0)));
};

/** aᵇ, as JavaScript has it. */
export const powOf = (f: F, a: Vector, b: Vector): V128 => {
  const { f32x4, v128 } = f;
  const size = f.keep(logOf(f, f.keep(f32x4.abs(a))));
  const magnitude = f.keep(expOf(f, f.keep(f32x4.mul(b, size))));
  const whole = f.keep(f32x4.eq(b, f32x4.floor(b)));
  const halved = f.keep(f32x4.mul(b, f32x4.splat(0.5)));
  const odd = v128.andnot(whole, f32x4.eq(halved, f32x4.floor(halved)));
  const signed = v128.bitselect(f32x4.neg(magnitude), magnitude, odd);
  const ofNegative = v128.bitselect(signed, f32x4.splat(Number.NaN), whole);
  const result = v128.bitselect(ofNegative, magnitude, f32x4.lt(a, f32x4.splat(0)));
  // x⁰ is 1 for every x, NaN included.
  return v128.bitselect(f32x4.splat(1), result, f32x4.eq(b, f32x4.splat(0)));
};
