/** What a registration found, as JSON and as lines for people. */
import type { StartName } from "../register/initial.ts";
import type { Registration } from "../register/result.ts";
import { kindOf, quaternionOf } from "../transform.ts";
import { showNumber } from "./image-record.ts";

const starts: Readonly<Record<StartName, string>> = {
  identity: "the images as they lie in the world",
  geometry: "the centres of the grids on each other",
  mass: "the centres of mass on each other",
  moments: "the centres of mass and the axes of spread on each other",
  transform: "the transform that was given",
};

export const recordOfRegistration = (
  { transform, content, parameters, start, value, levels }: Registration,
  metric: string,
  seconds: number,
): object => ({
  transform,
  content,
  parameters,
  start,
  metric,
  value,
  seconds: Math.round(seconds * 1000) / 1000,
  levels: levels.map(({ shrinkFactor, fixed, moving, ...rest }) => ({
    shrinkFactor,
    fixed: fixed.size,
    moving: moving.size,
    ...rest,
  })),
});

export const describeRegistration = (
  { transform, start, value, levels }: Registration,
  metric: string,
  seconds: number,
): string => {
  const { matrix, translation, center } = transform;
  const isTurn = kindOf(matrix) === "rigid" || kindOf(matrix) === "translation";
  const [x, y, z, w] = quaternionOf(matrix);
  const angle = (2 * Math.atan2(Math.hypot(x, y, z), w) * 180) / Math.PI;
  const list = (numbers: readonly number[]): string => numbers.map(showNumber).join(", ");
  return [
    `${transform.kind} transform, from points of the fixed image to those of the moving one (LPS mm)`,
    `  translation ${list(translation)} mm about ${list(center)}`,
    isTurn
      ? `  rotation ${showNumber(angle)}° about ${angle === 0 ? "no axis" : list([x, y, z].map((part) => part / Math.hypot(x, y, z)))}`
      : `  matrix ${matrix.map(showNumber).join(" ")} (row-major)`,
    `  began with ${starts[start]}`,
    `  ${metric} ${showNumber(value)} after ${levels.map(({ iterations }) => iterations).join(" + ")} iterations on ${levels.length} level${levels.length === 1 ? "" : "s"}, ${seconds.toFixed(1)} s`,
  ].join("\n");
};
