/**
 * Boxes of voxels: the part of a volume that is bound. Coordinates are always counted in the whole volume;
 * only addresses are relative to a box, so that results do not depend on how a volume is cut.
 */
import type { Vector3 } from "../../compiler/language/vector.ts";

/** Voxels start … start + size − 1 along each axis, of `channels` channels from `channel` on. */
export interface Box {
  readonly start: Vector3;
  readonly size: Vector3;
  readonly channel: number;
  readonly channels: number;
}

export const wholeBox = (size: Vector3, channels: number): Box => ({ start: [0, 0, 0], size, channel: 0, channels });

export const voxelsIn = ({ size, channels }: Box): number => size[0] * size[1] * size[2] * channels;

export const sameBox = (a: Box, b: Box): boolean =>
  a.channel === b.channel &&
  a.channels === b.channels &&
  [0, 1, 2].every((k) => a.start[k] === b.start[k] && a.size[k] === b.size[k]);
