/**
 * The functions that kernels call, each with what it needs of the others, so that a kernel carries what it
 * uses and no more. WGSL has neither 64-bit numbers nor a promise about NaN in comparisons: where either
 * matters, bits are looked at instead.
 */

interface Helper {
  readonly needs?: readonly HelperName[];
  readonly code: string;
}

export type HelperName =
  | "isNan"
  | "quietNan"
  | "Fixed"
  | "add"
  | "isLess"
  | "coordinate"
  | "nearest"
  | "split"
  | "held"
  | "clampIndex"
  | "wrapIndex"
  | "reflectIndex"
  | "mirrorIndex"
  | "blend"
  | "splineWeights"
  | "weigh"
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
  | "toFloat64";

const helpers: Readonly<Record<HelperName, Helper>> = {
  isNan: {
    code: `fn isNan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}`,
  },
  quietNan: {
    code: `fn quietNan(any: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(any) & 0x80000000u) | 0x7fc00000u);
}`,
  },

  // Coordinates.
  Fixed: {
    code: `// A coordinate in voxels, in units of 2^-(32 + shift): exact where float32 would be a thousandth off.
struct Fixed {
  high: i32,
  low: u32,
}`,
  },
  add: {
    needs: ["Fixed"],
    code: `fn add(a: Fixed, b: Fixed) -> Fixed {
  let low = a.low + b.low;
  return Fixed(a.high + b.high + i32(low < a.low), low);
}`,
  },
  isLess: {
    needs: ["Fixed"],
    code: `fn isLess(a: Fixed, b: Fixed) -> bool {
  return a.high < b.high || (a.high == b.high && a.low < b.low);
}`,
  },
  coordinate: {
    needs: ["Fixed", "add"],
    code: `fn entry(at: u32) -> Fixed {
  return Fixed(bitcast<i32>(tables[at]), tables[at + 1u]);
}
// What x, y and z each add to a coordinate, summed.
fn coordinate(xs: u32, ys: u32, zs: u32, x: u32, y: u32, z: u32) -> Fixed {
  return add(add(entry(xs + 2u * x), entry(ys + 2u * y)), entry(zs + 2u * z));
}`,
  },
  nearest: {
    needs: ["Fixed", "add"],
    code: `// The whole number at or below coordinate + 1/2 and the tolerance of ties.
fn nearest(c: Fixed, half: Fixed, shift: u32) -> i32 {
  return add(c, half).high >> shift;
}`,
  },
  split: {
    needs: ["Fixed", "add"],
    code: `// A coordinate as the whole number below it and the rest, a multiple of 2^-24.
struct Split {
  whole: i32,
  part: f32,
}
fn split(c: Fixed, shift: u32) -> Split {
  let rounded = add(c, Fixed(0, 128u << shift));
  let part = ((u32(rounded.high) << (32u - shift)) | (rounded.low >> shift)) >> 8u;
  return Split(rounded.high >> shift, f32(part) * 0x1p-24);
}`,
  },
  held: {
    needs: ["split"],
    code: `// Beyond the outermost centres, the outermost centre.
fn held(s: Split, n: i32) -> Split {
  if (s.whole < 0) { return Split(0, 0.0); }
  if (s.whole >= n - 1) { return Split(n - 1, 0.0); }
  return s;
}`,
  },

  // Boundaries: the index of a voxel for any whole index.
  clampIndex: {
    code: `fn clampIndex(i: i32, n: i32) -> i32 {
  return clamp(i, 0, n - 1);
}`,
  },
  wrapIndex: {
    code: `fn wrapIndex(i: i32, n: i32) -> i32 {
  if (i >= 0 && i < n) { return i; }
  return ((i % n) + n) % n;
}`,
  },
  reflectIndex: {
    code: `fn reflectIndex(i: i32, n: i32) -> i32 {
  if (i >= 0 && i < n) { return i; }
  let m = ((i % (2 * n)) + 2 * n) % (2 * n);
  return select(2 * n - 1 - m, m, m < n);
}`,
  },
  mirrorIndex: {
    code: `fn mirrorIndex(i: i32, n: i32) -> i32 {
  if (i >= 0 && i < n) { return i; }
  let period = max(2 * n - 2, 1);
  let m = ((i % period) + period) % period;
  return select(period - m, m, m < n);
}`,
  },

  // Interpolation.
  blend: {
    code: `// A sample of weight 0 does not count, not even as NaN.
fn blend(a: f32, b: f32, t: f32) -> f32 {
  return select(a * (1.0 - t) + b * t, a, t == 0.0);
}`,
  },
  splineWeights: {
    code: `fn splineWeights(t: f32) -> vec4f {
  let u = 1.0 - t;
  return vec4f(
    u * u * u / 6.0,
    2.0 / 3.0 - t * t * (1.0 - t / 2.0),
    2.0 / 3.0 - u * u * (1.0 - u / 2.0),
    t * t * t / 6.0,
  );
}`,
  },
  weigh: {
    code: `// A sample of weight 0 does not count, not even as NaN.
fn weigh(samples: vec4f, weights: vec4f) -> f32 {
  let parts = select(samples * weights, vec4f(0.0), weights == vec4f(0.0));
  return parts.x + parts.y + parts.z + parts.w;
}`,
  },

  // Arithmetic as JavaScript has it.
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

  // Stored numbers as real ones.
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

  // Real numbers as stored ones: half up, saturated, NaN as 0.
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

/** Notes which helpers a kernel calls while it is printed. */
export class Helpers {
  readonly #used = new Set<HelperName>();

  /** The name, after noting it and what it needs. */
  use(name: HelperName): HelperName {
    if (this.#used.has(name)) return name;
    for (const need of helpers[name].needs ?? []) this.use(need);
    this.#used.add(name);
    return name;
  }

  /** The definitions of all that were used, each after what it needs. */
  definitions(): readonly string[] {
    return [...this.#used].map((name) => helpers[name].code);
  }
}
