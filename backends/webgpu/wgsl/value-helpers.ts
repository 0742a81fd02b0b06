/**
 * Arithmetic as JavaScript has it, and stored numbers as real ones and back. WGSL promises nothing about NaN in
 * comparisons and has no 64-bit numbers: where either matters, bits are looked at instead.
 */
import type { Helper } from "./helper.ts";

export type ValueHelper =
  | "isNan"
  | "isFinite"
  | "quietNan"
  | "isNotZero"
  | "less"
  | "smaller"
  | "larger"
  | "logarithm"
  | "root"
  | "power"
  | "fromFloat64"
  | "fromUint64"
  | "fromInt64"
  | "negative"
  | "halfUp"
  | "toInt32"
  | "toUint32"
  | "toSmall"
  | "toUint64"
  | "toInt64"
  | "toFloat16"
  | "toFloat64";

export const valueHelpers: Readonly<Record<ValueHelper, Helper<ValueHelper>>> = {
  isNan: {
    code: `fn isNan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}`,
  },
  isFinite: {
    code: `fn isFinite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) < 0x7f800000u;
}`,
  },
  quietNan: {
    code: `fn quietNan(any: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(any) & 0x80000000u) | 0x7fc00000u);
}`,
  },
  isNotZero: {
    code: `// NaN is not 0 either.
fn isNotZero(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) != 0u;
}`,
  },

  less: {
    needs: ["isNan"],
    code: `fn less(a: f32, b: f32) -> f32 {
  if (isNan(a) || isNan(b)) { return 0.0; }
  return select(0.0, 1.0, a < b);
}`,
  },
  smaller: {
    needs: ["isNan"],
    code: `fn smaller(a: f32, b: f32) -> f32 {
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  return min(a, b);
}`,
  },
  larger: {
    needs: ["isNan"],
    code: `fn larger(a: f32, b: f32) -> f32 {
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  return max(a, b);
}`,
  },
  logarithm: {
    needs: ["quietNan"],
    code: `fn logarithm(a: f32) -> f32 {
  if (a < 0.0) { return quietNan(a); }
  return log(a);
}`,
  },
  root: {
    needs: ["quietNan"],
    code: `fn root(a: f32) -> f32 {
  if (a < 0.0) { return quietNan(a); }
  return sqrt(a);
}`,
  },
  power: {
    needs: ["isNan", "quietNan"],
    code: `fn power(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 1.0; }
  if (b == 1.0 || isNan(a)) { return a; }
  if (isNan(b) || (abs(a) == 1.0 && abs(b) > 0x1p127)) { return quietNan(b); }
  if (a < 0.0) {
    if (floor(b) != b) { return quietNan(a); }
    let odd = floor(b / 2.0) * 2.0 != b;
    return select(1.0, -1.0, odd) * pow(-a, b);
  }
  return pow(a, b);
}`,
  },

  fromFloat64: {
    code: `fn fromFloat64(bits: vec2u) -> f32 {
  let sign = bits.y & 0x80000000u;
  let exponent = i32((bits.y >> 20u) & 0x7ffu) - 1023;
  let isWhole = ((bits.y & 0xfffffu) | bits.x) == 0u;
  if (exponent == 1024) { return bitcast<f32>(sign | select(0x7fc00000u, 0x7f800000u, isWhole)); }
  if (exponent > 127) { return bitcast<f32>(sign | 0x7f800000u); }
  if (exponent < -126) { return bitcast<f32>(sign); }
  let kept = ((bits.y & 0xfffffu) << 3u) | (bits.x >> 29u);
  let rest = bits.x & 0x1fffffffu;
  let up = rest > 0x10000000u || (rest == 0x10000000u && (kept & 1u) == 1u);
  return bitcast<f32>(sign | ((u32(exponent + 127) << 23u) + kept + u32(up)));
}`,
  },
  fromUint64: {
    code: `fn fromUint64(bits: vec2u) -> f32 {
  return f32(bits.y) * 0x1p32 + f32(bits.x);
}`,
  },
  fromInt64: {
    needs: ["negative", "fromUint64"],
    code: `fn fromInt64(bits: vec2u) -> f32 {
  if ((bits.y & 0x80000000u) == 0u) { return fromUint64(bits); }
  return -fromUint64(negative(bits));
}`,
  },
  negative: {
    code: `fn negative(bits: vec2u) -> vec2u {
  return vec2u(~bits.x + 1u, ~bits.y + u32(bits.x == 0u));
}`,
  },

  halfUp: {
    code: `fn halfUp(value: f32) -> f32 {
  let below = floor(value);
  return select(below, below + 1.0, value - below >= 0.5);
}`,
  },
  toInt32: {
    needs: ["isNan", "halfUp"],
    code: `fn toInt32(value: f32) -> u32 {
  if (isNan(value)) { return 0u; }
  let whole = halfUp(value);
  if (whole >= 0x1p31) { return 0x7fffffffu; }
  if (whole <= -0x1p31) { return 0x80000000u; }
  return bitcast<u32>(i32(whole));
}`,
  },
  toUint32: {
    needs: ["isNan", "halfUp"],
    code: `fn toUint32(value: f32) -> u32 {
  if (isNan(value)) { return 0u; }
  let whole = halfUp(value);
  if (whole >= 0x1p32) { return 0xffffffffu; }
  return u32(max(whole, 0.0));
}`,
  },
  toSmall: {
    needs: ["isNan", "halfUp"],
    code: `fn toSmall(value: f32, least: f32, most: f32) -> u32 {
  if (isNan(value)) { return 0u; }
  return bitcast<u32>(i32(clamp(halfUp(value), least, most)));
}`,
  },
  toUint64: {
    needs: ["isNan", "halfUp"],
    code: `fn toUint64(value: f32) -> vec2u {
  if (isNan(value)) { return vec2u(0u); }
  let whole = halfUp(value);
  if (whole >= 0x1p64) { return vec2u(0xffffffffu); }
  if (whole <= 0.0) { return vec2u(0u); }
  let high = floor(whole * 0x1p-32);
  return vec2u(u32(whole - high * 0x1p32), u32(high));
}`,
  },
  toInt64: {
    needs: ["toUint64", "negative"],
    code: `fn toInt64(value: f32) -> vec2u {
  if (isNan(value)) { return vec2u(0u); }
  let whole = halfUp(value);
  if (whole >= 0x1p63) { return vec2u(0xffffffffu, 0x7fffffffu); }
  if (whole <= -0x1p63) { return vec2u(0u, 0x80000000u); }
  if (whole >= 0.0) { return toUint64(whole); }
  return negative(toUint64(-whole));
}`,
  },
  toFloat16: {
    code: `// To the nearest, ties to even, on every device: the language leaves the rounding of its own to them.
fn toFloat16(value: f32) -> u32 {
  let sign = (bitcast<u32>(value) >> 16u) & 0x8000u;
  let magnitude = bitcast<u32>(value) & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return sign | 0x7e00u; }
  if (magnitude < 0x38800000u) { return sign | u32(round(abs(value) * 0x1p24)); }
  return sign | min((magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13u) & 1u)) >> 13u, 0x7c00u);
}`,
  },
  toFloat64: {
    code: `fn toFloat64(value: f32) -> vec2u {
  let bits = bitcast<u32>(value);
  let sign = bits & 0x80000000u;
  let exponent = (bits >> 23u) & 0xffu;
  let kept = bits & 0x7fffffu;
  if (exponent == 0u) { return vec2u(0u, sign); }
  let wide = select(exponent + 896u, 0x7ffu, exponent == 0xffu);
  return vec2u(kept << 29u, sign | (wide << 20u) | (kept >> 3u));
}`,
  },
};
