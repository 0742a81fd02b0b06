/** Where the content of an image has gone: points that lie in it go the same way. */
import { type Affine, compose, identity, invert } from "../../compiler/language/affine.ts";
import type { Field, Volume } from "../../compiler/language/field.ts";

/** The map from points of a field to those of the voxels that it shows there, in world mm (LPS). */
const pullOf = (field: Field): Affine<"world", "world"> => {
  switch (field.kind) {
    case "warp":
      return compose(pullOf(field.field), field.pull);
    case "clip":
      return pullOf(field.field);
    case "map":
      return field.fields[0] === undefined ? identity() : pullOf(field.fields[0]);
    case "interpolate":
      return field.volume.kind === "input" ? identity() : pullOf(field.volume.field);
  }
};

/** Where the content of a field has come to, from where its voxels lay at first. */
export const pushOf = (field: Field): Affine<"world", "world"> => invert(pullOf(field));

/** The volume that a field shows, seen through what moves and maps it. */
export const volumeOf = (field: Field): Volume | undefined => {
  switch (field.kind) {
    case "warp":
    case "clip":
      return volumeOf(field.field);
    case "map":
      return field.fields[0] && volumeOf(field.fields[0]);
    case "interpolate":
      return field.volume;
  }
};
