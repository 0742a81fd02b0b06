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
