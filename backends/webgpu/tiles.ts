/** Cuts the output of a kernel into boxes, each with sources small enough for the device to bind. */
import { type Axis, axes, vector } from "../../compiler/language/vector.ts";
import type { Box } from "./boxes.ts";
import type { Kernel } from "./kernel.ts";

/** Cuts along x fall between words, whatever the dtype. */
const granules = [4, 1, 1] as const;

/**
 * The fewest boxes by halving such that `fits` holds for each; undefined when a box that cannot be halved
 * does not fit.
 */
export const tilesOf = (
  whole: Box,
  uncut: Kernel["uncut"],
  fits: (box: Box) => boolean,
): readonly Box[] | undefined => {
  if (fits(whole)) return [whole];
  const halves = halvesOf(whole, uncut);
  const tiles = halves?.map((half) => tilesOf(half, uncut, fits));
  return tiles?.every((part) => part !== undefined) ? tiles.flat() : undefined;
};

/** By channels first, because these share no samples; else across the longest side. */
const halvesOf = (box: Box, uncut: Axis | undefined): readonly [Box, Box] | undefined => {
  const { start, size, channel, channels } = box;
  if (channels > 1) {
    const first = Math.floor(channels / 2);
    return [
      { ...box, channels: first },
      { ...box, channel: channel + first, channels: channels - first },
    ];
  }
  const long = axes
    .filter((k) => k !== uncut && size[k] > granules[k])
    .sort((a, b) => size[b] - size[a] || b - a)
    .at(0);
  if (long === undefined) return undefined;
  const first = Math.ceil(size[long] / 2 / granules[long]) * granules[long];
  return [
    { ...box, size: vector((k) => (k === long ? first : size[k])) },
    {
      ...box,
      start: vector((k) => (k === long ? start[k] + first : start[k])),
      size: vector((k) => (k === long ? size[k] - first : size[k])),
    },
  ];
};
