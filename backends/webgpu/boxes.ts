/**
 * Boxes of voxels: the part of a volume that is bound. Coordinates are always counted in the whole volume;
 * only addresses are relative to a box, so that results do not depend on how a volume is cut.
 */
import { axes, type Vector3 } from "../../compiler/language/vector.ts";
import { type Box as Spatial, volumeOf } from "../../compiler/tile.ts";

/** A box of the voxels of `channels` channels from `channel` on. */
export interface Box extends Spatial {
  readonly channel: number;
  readonly channels: number;
}

export const wholeBox = (size: Vector3, channels: number): Box => ({ start: [0, 0, 0], size, channel: 0, channels });

export const voxelsIn = (box: Box): number => volumeOf(box) * box.channels;

export const sameBox = (a: Box, b: Box): boolean =>
  a.channel === b.channel &&
  a.channels === b.channels &&
  axes.every((k) => a.start[k] === b.start[k] && a.size[k] === b.size[k]);
