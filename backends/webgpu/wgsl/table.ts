/**
 * Prints places in square tables: a row by rounding, and along it the four elements around a column with their cubic
 * B-spline weights. Histograms count there, and lookups read.
 */
import type { GradientLeaves, TableLook } from "../look.ts";
import { slopesAt } from "./jet.ts";
import type { Writing } from "./writing.ts";

/**
 * A function that says where in a table of `bins` rows and columns a place that is not NaN lies. Whatever it is, that is in
 * the table.
 */
export const tablePlace = `struct TablePlace {
  // The first of the four elements, and how far the column lies beyond the second.
  at: u32,
  part: f32,
}

fn tablePlace(row: f32, column: f32, bins: f32) -> TablePlace {
  // Quotients may be off by 2.5 units in the last place. What lies on the edge of a row belongs to that above.
  let whole = min(floor(clamp(row, 0.0, bins - 1.0) * (1.0 + 0x1p-21) + 0.5), bins - 1.0);
  let held = clamp(column, 1.0, bins - 2.0);
  let before = min(floor(held), bins - 3.0);
  return TablePlace(u32(whole) * u32(bins) + u32(before) - 1u, held - before);
}`;

/** The functions that look at tables, and what these need. */
export const printLookups: GradientLeaves["printLookups"] = (looks, writing) =>
  looks.length === 0 ? [] : [tablePlace, ...looks.map((look) => printLookup(look, writing))];

const printLookup = ({ name, binding, bins, weights }: TableLook, { numbers, use }: Writing): string => {
  const isNan = use("isNan");
  const elements = [0, 1, 2, 3].map((k) => `read${binding}(place.at + ${k}u)`).join(", ");
  const four = weights === "slope" ? slopesAt("place.part", "rest") : `${use("splineWeights")}(place.part)`;
  return [
    `fn ${name}(row: f32, column: f32) -> f32 {`,
    `  if (${isNan}(row) || ${isNan}(column)) { return 0.0; }`,
    `  let place = tablePlace(row, column, ${numbers.set(`bins${binding}`, bins, "f32")});`,
    "  let rest = 1.0 - place.part;",
    `  return dot(${four}, vec4f(${elements}));`,
    "}",
  ].join("\n");
};
