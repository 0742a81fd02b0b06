/**
 * Arithmetic on integers beyond 2^53 would be wrong silently, so it is refused, as the reference does. Voxels
 * that are only moved are not looked at.
 */
import { MedImagesError } from "../../compiler/errors.ts";
import type { Scalar } from "../../compiler/language/scalar.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { exactNumber, type VoxelArray } from "../../compiler/language/voxels.ts";
import { bodiesOf, type GradientPass, type Look } from "../../compiler/plan.ts";
import { rowInterval } from "../../compiler/region.ts";

/** @throws MedImagesError `UnsupportedVoxels` */
export const checkExact = (data: VoxelArray): void => {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) for (const voxel of data) exactNumber(voxel);
};

/**
 * The background of each channel. One that cannot be told counts only where a voxel asks for it; elsewhere 0
 * stands in for what nobody sees.
 * @throws MedImagesError `UnsupportedVoxels`
 */
export const ifAsked = (
  pass: GradientPass & Look,
  buffer: number,
  size: Vector3,
  channels: number,
  median: (channel: number) => number,
): readonly number[] =>
  Array.from({ length: channels }, (_, channel) => {
    try {
      return median(channel);
    } catch (thrown) {
      if (!(thrown instanceof MedImagesError) || asksFor(pass, buffer, size)) throw thrown;
      return 0;
    }
  });

/** Whether any voxel of an output of `size` takes the background of `buffer`, by what the regions select. */
const asksFor = (pass: GradientPass & Look, buffer: number, size: Vector3): boolean => {
  const asks = (s: Scalar, inside: (region: number) => boolean): boolean => {
    switch (s.kind) {
      case "background":
        return s.buffer === buffer;
      case "unary":
        return asks(s.a, inside);
      case "binary":
        return asks(s.a, inside) || asks(s.b, inside);
      case "select":
        if (s.condition.kind === "inside") return asks(inside(s.condition.region) ? s.then : s.otherwise, inside);
        return [s.condition, s.then, s.otherwise].some((part) => asks(part, inside));
      default:
        return false;
    }
  };
  for (let z = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++) {
      const intervals = pass.regions.map((region) => rowInterval(region, y, z, size[0]));
      // Between two ends of intervals nothing changes.
      const starts = new Set([0, ...intervals.flatMap(({ start, end }) => [start, end])]);
      for (const x of starts) {
        const inside = (region: number): boolean => {
          const { start = 0, end = 0 } = intervals[region] ?? {};
          return x >= start && x < end;
        };
        if (x < size[0] && bodiesOf(pass).some((body) => asks(body, inside))) return true;
      }
    }
  return false;
};
