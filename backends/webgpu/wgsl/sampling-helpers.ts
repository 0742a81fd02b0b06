/** Where samples lie and how they are weighed: coordinates in fixed point, boundaries, interpolation. */
import type { Helper } from "./helper.ts";

export type SamplingHelper =
  | "Fixed"
  | "add"
  | "isLess"
  | "coordinate"
  | "moved"
  | "nearest"
  | "split"
  | "held"
  | "clampIndex"
  | "wrapIndex"
  | "reflectIndex"
  | "mirrorIndex"
  | "blend"
  | "splineWeights"
  | "weigh";

export const samplingHelpers: Readonly<Record<SamplingHelper, Helper<SamplingHelper>>> = {
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
  moved: {
    needs: ["Fixed"],
    code: `// Voxels as a coordinate with 33 fraction bits; further out they are all the same.
fn moved(voxels: f32) -> Fixed {
  let halves = clamp(voxels, -0x1p27, 0x1p27) * 2.0;
  let whole = floor(halves);
  return Fixed(i32(whole), u32((halves - whole) * 0x1p32));
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
};
