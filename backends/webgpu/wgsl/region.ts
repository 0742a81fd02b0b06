/** Prints a region: along an axis that follows one output axis it is an interval, elsewhere a comparison. */
import { axes, type Vector3 } from "../../../compiler/language/vector.ts";
import type { Region } from "../../../compiler/plan.ts";
import { driversOf, extentHigh, extentLow, intervalAlong } from "../tables.ts";
import type { Coordinate, Coordinates } from "./coordinates.ts";
import type { Printed } from "./tap.ts";
import { capitals, letterOf, type Writing } from "./writing.ts";

export const printRegion = (
  region: Region,
  k: number,
  size: Vector3,
  writing: Writing,
  coordinates: Coordinates,
): Printed => {
  const needed = new Set<Coordinate>();
  const conditions = axes.flatMap((row) => {
    const n = region.size[row];
    const name = `inside${k}${capitals[row]}`;
    const drivers = driversOf(region.pull, row);
    if (drivers.length < 2) {
      const [along] = drivers;
      const { start, end } = intervalAlong(region.pull, row, along ?? 0, along === undefined ? 1 : size[along], n);
      const [from, to] = [writing.numbers.set(`${name}From`, start), writing.numbers.set(`${name}To`, end)];
      const position = along === undefined ? "0u" : letterOf(along);
      return [`(${position} >= ${from})`, `(${position} < ${to})`];
    }
    const coordinate = coordinates.of(region.pull, row, n, 0);
    needed.add(coordinate);
    const isLess = writing.use("isLess");
    const low = writing.fixed(`${coordinate.name}From`, extentLow, coordinate.shift);
    const high = writing.fixed(`${name}To`, extentHigh(n), coordinate.shift);
    return [`!${isLess}(${coordinate.name}, ${low})`, `${isLess}(${coordinate.name}, ${high})`];
  });
  const names = [...needed].map(({ name }) => name);
  const parameters = ["x: u32", "y: u32", "z: u32", ...names.map((name) => `${name}: Fixed`)];
  return {
    text: [`fn inside${k}(${parameters.join(", ")}) -> bool {`, `  return ${conditions.join("\n    & ")};`, "}"].join(
      "\n",
    ),
    call: `inside${k}(${["x", "y", "z", ...names].join(", ")})`,
  };
};
