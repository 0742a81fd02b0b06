/**
 * How much of a plan is computed at a time: all of it where that fits, else tiles of the result, each with the
 * parts of other volumes that it needs. Volumes that kernels cannot address are read in part, and intermediate
 * ones that would break the budget are made in part.
 */
import { product } from "../../compiler/language/vector.ts";
import type { Plan } from "../../compiler/plan.ts";
import { budgetNeed, checkBudget } from "../../compiler/schedule.ts";
import { type Box, demandOf, type Rows, rowsOfBox, tilesOf, volumeOf } from "../../compiler/tile.ts";
import { bufferOf, bytesOf, largestSource } from "./places.ts";
import { mostRegions } from "./variants.ts";

/** Rows of the result, and the part of each buffer that they need. */
export interface Tile {
  readonly rows: Rows;
  readonly boxes: ReadonlyMap<number, Box>;
}

/** What kernels can be given to read, in bytes. */
export interface Reach {
  /** The largest volume that is read where it lies. */
  readonly whole: number;
  /** Of larger ones, the largest part that is copied for a tile. */
  readonly part: number;
}
export const addressReach: Reach = { whole: largestSource, part: 2 ** 29 };

/** @throws MedImagesError `BudgetExceeded` where the result does not fit with the least that leads to it. */
export const tilesOfPlan = (plan: Plan, budget: number | undefined, reach: Reach): readonly Tile[] => {
  const tileOf = (rows: Rows): Tile => ({ rows, boxes: demandOf(plan, rows) });
  const whole = tilesOf(sizeOf(plan), () => true)?.map(tileOf) ?? [];
  const fitsWhole = budget === undefined || budgetNeed(plan, (buffer) => bytesOf(bufferOf(plan, buffer))) <= budget;
  if (fitsWhole && whole.every(({ boxes }) => isReachable(plan, boxes, { ...reach, part: reach.whole }))) return whole;
  const rest = budget === undefined ? Infinity : budget - bytesOf(bufferOf(plan, plan.result));
  const fits = (rows: Rows): boolean => {
    const boxes = demandOf(plan, rows);
    return isReachable(plan, boxes, reach) && intermediateBytes(plan, boxes) <= rest;
  };
  const tiles = tilesOf(sizeOf(plan), fits);
  if (tiles !== undefined) return tiles.map(tileOf);
  checkBudget(plan, budget, (buffer) => bytesOf(bufferOf(plan, buffer)));
  return whole;
};

/** What keeps this backend from running a plan, in words; nothing when it can. */
export const refusalOf = (plan: Plan, reach: Reach = addressReach): string | undefined => {
  const regions = Math.max(0, ...plan.passes.map((pass) => (pass.kind === "gather" ? pass.regions.length : 0)));
  if (regions > mostRegions) return `a pass clips by ${regions} regions, over the limit of ${mostRegions}`;
  const reachable = tilesOf(sizeOf(plan), (rows) => isReachable(plan, demandOf(plan, rows), reach));
  return reachable === undefined
    ? `a row of the result looks at more of a volume than the ${reach.part / 2 ** 20} MiB that kernels reach`
    : undefined;
};

/** Bytes that are copied in the time that the reference takes for a voxel. */
const bytesPerVoxel = 1000;

/** Whether copying parts of volumes for all tiles takes longer than the reference backend would take for all. */
export const isSlowed = (plan: Plan): boolean => {
  const tiles = tilesOfPlan(plan, undefined, addressReach);
  const copied = tiles.reduce(
    (sum, { boxes }) =>
      [...boxes].reduce((all, [number, box]) => {
        const buffer = bufferOf(plan, number);
        const isPart = number < plan.inputs && bytesOf(buffer) > addressReach.whole;
        return isPart ? all + (bytesOf(buffer) * volumeOf(box)) / product(buffer.size) : all;
      }, sum),
    0,
  );
  return copied > bytesPerVoxel * product(sizeOf(plan));
};

const sizeOf = (plan: Plan) => bufferOf(plan, plan.result).size;

/** Whether kernels can address all that a tile reads, whole volumes or parts of them. */
const isReachable = (plan: Plan, boxes: ReadonlyMap<number, Box>, { whole, part }: Reach): boolean =>
  [...boxes].every(([number, box]) => {
    if (number === plan.result) return true;
    const buffer = bufferOf(plan, number);
    const bytes = bytesOf(buffer);
    if (bytes <= whole) return true;
    const { size } = buffer;
    const { from, to } = rowsOfBox(box, size);
    // Inputs are copied as boxes, intermediates are made in whole rows.
    const share = number < plan.inputs ? volumeOf(box) / product(size) : (to - from) / (size[1] * size[2]);
    return bytes * share <= part;
  });

/** Bytes of the intermediate volumes of a tile; what is filtered in place counts once. */
const intermediateBytes = (plan: Plan, boxes: ReadonlyMap<number, Box>): number =>
  plan.passes.reduce((sum, pass) => {
    const box = boxes.get(pass.output);
    if (box === undefined || pass.output === plan.result) return sum;
    if (pass.kind === "prefilter" && pass.source >= plan.inputs && bufferOf(plan, pass.source).storage === "working")
      return sum;
    const buffer = bufferOf(plan, pass.output);
    const { from, to } = rowsOfBox(box, buffer.size);
    return sum + (bytesOf(buffer) * (to - from)) / (buffer.size[1] * buffer.size[2]);
  }, 0);
