/** Linear interpolation of four voxels at once: eight samples each, or four in a plane, as pairs of neighbours along x. */
import type { Local } from "../assembler/index.ts";
import type { F, I32, V128 } from "./context.ts";
import { loadPairs, type PairDType } from "./elements.ts";
import type { PerAxis, Position } from "./fixed.ts";

export interface Neighbours {
  /** Bytes from a voxel to the next along y and z; 0 along an axis of one voxel. */
  readonly next: readonly [y: Local<"i32">, z: Local<"i32">];
  /** Addresses of the first of the samples of each voxel. */
  readonly corners: readonly [Local<"i32">, Local<"i32">, Local<"i32">, Local<"i32">];
}

/** A value and how it rises along each axis, per voxel. */
export interface Slopes {
  readonly value: V128;
  readonly slopes: readonly [V128, V128, V128];
}

/** As {@link linear}, in a volume, with slopes: they are made of the same eight samples. */
export const linearSlopes = (
  f: F,
  dtype: PairDType,
  [x, y, z]: readonly [Position, Position, Position],
  { next: [nextY, nextZ], corners }: Neighbours,
): Slopes => {
  const { f32x4, i32 } = f;
  const mix = (a: Local<"v128">, b: Local<"v128">, share: V128): Local<"v128"> =>
    f.keep(f32x4.add(a, f32x4.mul(f32x4.sub(b, a), share)));
  const along = (shift: I32): { readonly at: Local<"v128">; readonly rise: Local<"v128"> } => {
    const kept = f.keep(shift);
    const at = (lane: 0 | 1 | 2 | 3): I32 => i32.add(corners[lane], kept);
    const [first, second] = loadPairs(f, dtype, [at(0), at(1), at(2), at(3)]);
    const [low, high] = [f.keep(first), f.keep(second)];
    return { at: mix(low, high, x.share), rise: f.keep(f32x4.sub(high, low)) };
  };
  const both = f.keep(i32.add(nextY, nextZ));
  const [a, b, c, d] = [along(i32.const(0)), along(nextY), along(nextZ), along(both)];
  const [front, back] = [mix(a.at, b.at, y.share), mix(c.at, d.at, y.share)];
  const alongX = mix(mix(a.rise, b.rise, y.share), mix(c.rise, d.rise, y.share), z.share);
  const alongY = mix(f.keep(f32x4.sub(b.at, a.at)), f.keep(f32x4.sub(d.at, c.at)), z.share);
  return {
    value: mix(front, back, z.share),
    slopes: [alongX, alongY, f.keep(f32x4.sub(back, front))],
  };
};

export const linear = (
  f: F,
  dtype: PairDType,
  [x, y, z]: PerAxis<Position>,
  { next: [nextY, nextZ], corners }: Neighbours,
): V128 => {
  const { f32x4, i32 } = f;
  f.comment("mixed along x, then y, then z");
  const mix = (a: V128, b: V128, share: V128): V128 => {
    const kept = f.keep(a);
    return f.keep(f32x4.add(kept, f32x4.mul(f32x4.sub(b, kept), share)));
  };
  const along = (shift: I32 | undefined): V128 => {
    const at = (lane: 0 | 1 | 2 | 3): I32 => (shift === undefined ? corners[lane] : i32.add(corners[lane], shift));
    const [first, second] = loadPairs(f, dtype, [at(0), at(1), at(2), at(3)]);
    return mix(first, second, x.share);
  };
  const front = mix(along(undefined), along(nextY), y.share);
  if (z === undefined) return front;
  const both = f.keep(i32.add(nextY, nextZ));
  const back = mix(along(nextZ), along(both), y.share);
  return mix(front, back, z.share);
};
