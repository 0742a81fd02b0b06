/** Mutants for the laws of geometry and of operations that move whole voxels. */

import { affineOf } from "../../../compiler/language/affine.ts";
import { clip } from "../../../compiler/language/field.ts";
import { indexToWorld, subgrid } from "../../../compiler/language/grid.ts";
import { numberOf } from "../../../compiler/language/real.ts";
import { add, apply3, column, transpose3, vector } from "../../../compiler/language/vector.ts";
import { storedAs, voxelsOf } from "../../../compiler/language/voxels.ts";
import { medimages } from "../../../laws/index.ts";
import { toExpression } from "../../../src/expression.ts";
import {
  axisOf,
  changed,
  disguised,
  halfAVoxelOff,
  halfVoxel,
  instead,
  letters,
  type Mutants,
  moved,
  mutant,
  tampered,
} from "./mutant.ts";

export const moving: Pick<
  Mutants,
  | "indexWorldIndex"
  | "announcedIsDelivered"
  | "reorientingKeepsPlaces"
  | "translatingMovesTheOrigin"
  | "respacingKeepsItsAnchor"
  | "rectifyingIsSquare"
  | "cropUndoesPad"
  | "croppedIsGone"
  | "flippingTwiceIsNothing"
  | "resamplingOntoItselfIsNothing"
  | "fusedIsStepwise"
  | "materializeIsEvaluate"
> = {
  indexWorldIndex: [
    mutant("directions read by column where they are by row", {
      indexToWorld: (grid) => indexToWorld({ ...grid, direction: transpose3(grid.direction) }),
      worldToIndex: (grid) => medimages.worldToIndex({ ...grid, direction: transpose3(grid.direction) }),
    }),
    mutant("the way back forgets the spacing", {
      worldToIndex: (grid) => medimages.worldToIndex({ ...grid, spacing: [1, 1, 1] }),
    }),
    mutant("origin at the outer edge of the first voxel", {
      indexToWorld: (grid) => {
        const { linear, offset } = indexToWorld(grid);
        return affineOf(linear, add(offset, apply3(linear, [0.5, 0.5, 0.5])));
      },
    }),
  ],
  announcedIsDelivered: [
    mutant("the grid delivered is the input's", {
      evaluate: async (source) => ({ ...(await medimages.evaluate(source)), grid: toExpression(source).image.grid }),
    }),
    tampered("only the first channel is delivered", (v) => ({
      ...v,
      channels: 1,
      data: v.data.slice(0, v.data.length / v.channels),
    })),
    tampered("results are float64 whatever was announced", (v) => ({
      ...voxelsOf(new Float64Array(v.data.length), { channels: v.channels }),
    })),
  ],
  reorientingKeepsPlaces: [
    instead("the sign of the first letter is flipped", "changeOrientation", (step) =>
      disguised(step, { ...step, to: `${letters.get(step.to[0] ?? "")}${step.to.slice(1)}` }),
    ),
    instead("the origin stays behind", "changeOrientation", (step) =>
      changed(step, ({ grid }, before) => ({ grid: { ...grid, origin: before.grid.origin } })),
    ),
    instead("spacings are not permuted along", "changeOrientation", (step) =>
      changed(step, ({ grid }, before) => ({ grid: { ...grid, spacing: before.grid.spacing } })),
    ),
  ],
  translatingMovesTheOrigin: [
    instead("the content moves and the origin does not", "translate", (step) =>
      changed(step, (_, { grid }) => ({ grid })),
    ),
    instead("translates along the image's own axis", "translate", (step) =>
      changed(step, ({ field }, { grid }) => {
        const shift = vector((w) => numberOf(step.mm) * column(grid.direction, axisOf[step.axis])[w]);
        return { field, grid: { ...grid, origin: add(grid.origin, shift) } };
      }),
    ),
  ],
  respacingKeepsItsAnchor: [
    instead("scale keeps the first centre instead of the outer edge", "scale", (step) =>
      changed(step, ({ grid }, before) => ({ grid: { ...grid, origin: before.grid.origin } })),
    ),
    instead("align is ignored", "resampleToSpacing", (step) => disguised(step, { ...step, align: "origin" })),
  ],
  rectifyingIsSquare: [
    instead("the size of the sheared grid is kept", "rectify", (step) =>
      changed(step, ({ field, grid }, before) => ({ field, grid: { ...grid, size: before.grid.size } })),
    ),
    instead("nothing is done", "rectify", (step) => changed(step, (_, { field, grid }) => ({ field, grid }))),
    instead("the origin stays, wherever slices lean", "rectify", (step) =>
      changed(step, ({ field, grid }, before) => ({ field, grid: { ...grid, origin: before.grid.origin } })),
    ),
    instead("slices are as far apart as along the tilt", "rectify", (step) =>
      changed(step, ({ field, grid }, before) => ({ field, grid: { ...grid, spacing: before.grid.spacing } })),
    ),
  ],
  cropUndoesPad: [
    instead("crop ignores oblique directions", "crop", (step) =>
      changed(step, ({ field, grid }, before) => ({
        field,
        grid: { ...grid, origin: vector((k) => before.grid.origin[k] + step.start[k] * grid.spacing[k]) },
      })),
    ),
    instead("pad forgets to move the origin", "pad", (step) =>
      changed(step, ({ grid }, before) => ({ grid: { ...grid, origin: before.grid.origin } })),
    ),
    instead("crop begins one voxel late", "crop", (step) =>
      changed(step, ({ field, grid }) => ({ field: moved(apply3(indexToWorld(grid).linear, [1, 0, 0]))(field) })),
    ),
  ],
  croppedIsGone: [
    instead("a crop in mid-chain removes nothing", "crop", (step) => changed(step, (_, { field }) => ({ field }))),
    instead("pad ignores its fill", "pad", ({ fill: _, ...step }) => medimages.perform({ ...step, fill: 12345 })),
    instead("crop clips one voxel too little", "crop", (step) =>
      changed(step, ({ grid }, { field, grid: before }) => ({
        field: clip(
          field,
          subgrid(
            before,
            step.start,
            vector((k) => grid.size[k] + 1),
          ),
          0,
        ),
      })),
    ),
  ],
  flippingTwiceIsNothing: [
    instead("flips about n/2, half a voxel off", "flip", (step) =>
      changed(step, ({ field, grid }) => ({ field: moved(apply3(indexToWorld(grid).linear, [1, 1, 1]))(field) })),
    ),
    instead("flips along another axis", "flip", (step) =>
      medimages.perform({ ...step, axis: step.axis === "x" ? "y" : "x" }),
    ),
    instead("flips nothing", "flip", (step) => changed(step, (_, { field }) => ({ field }))),
  ],
  resamplingOntoItselfIsNothing: [
    instead("half a voxel off", "resampleToImage", halfAVoxelOff),
    instead("resampling always gives float32", "resampleToSpacing", (step) =>
      changed(step, () => ({ storage: storedAs("float32") })),
    ),
    instead("the outer edge is kept instead of the first centre", "resampleToSpacing", (step) =>
      changed(step, ({ grid }) => ({ grid: { ...grid, origin: add(grid.origin, halfVoxel(grid, 2)) } })),
    ),
  ],
  fusedIsStepwise: [
    instead("flips about the centre of the image that was loaded", "flip", (step) =>
      changed(step, (_, before) => ({
        field: medimages.perform(step)({ ...before, grid: before.image.grid }).field,
      })),
    ),
    instead("pad fills with 77, whatever it is told, once it is not alone", "pad", (step) =>
      changed(step, (after, { field, grid, steps }) => (steps.length > 0 ? { field: clip(field, grid, 77) } : after)),
    ),
    instead("materialize keeps float32", "materialize", (step) =>
      changed(step, () => ({ storage: storedAs("float32") })),
    ),
  ],
  materializeIsEvaluate: [
    instead("materialize does nothing", "materialize", (step) =>
      changed(step, (_, { field, sampling }) => ({ field, sampling })),
    ),
  ],
};
