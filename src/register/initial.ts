/** Where a registration begins: maps of content that bring the moving image roughly onto the fixed one. */
import {
  type Affine,
  about,
  affineOf,
  fixed as fixedAt,
  identity,
  invert,
  translation,
} from "../../compiler/language/affine.ts";
import { centreOf, type Grid } from "../../compiler/language/grid.ts";
import { diagonal, multiply3, subtract, transpose3, type Vector3 } from "../../compiler/language/vector.ts";
import type { MedImage } from "../image.ts";
import { pointMapOf, type Transform } from "../transform.ts";
import { type Moments, momentsOf } from "./moments.ts";

/**
 * `"identity"`: as the images lie in the world. `"geometry"`: the centres of the grids on each other. `"mass"`: the
 * centres of mass, of values over the lowest. `"moments"`: these and the principal axes. `"best"`: whichever of the
 * first three the metric prefers.
 */
export type InitialName = "identity" | "geometry" | "mass" | "moments" | "best";
export const initialNames: readonly InitialName[] = ["best", "identity", "geometry", "mass", "moments"];

type Content = Affine<"world", "world">;

interface Views {
  readonly fixed: MedImage;
  readonly moving: MedImage;
  readonly grids: { readonly fixed: Grid; readonly moving: Grid };
}

const shift = (to: Vector3, from: Vector3): Content => translation(subtract(to, from));

const byMass = ({ fixed, moving }: Views): readonly Content[] => {
  const [f, m] = [momentsOf(fixed), momentsOf(moving)];
  return f && m ? [shift(f.centre, m.centre)] : [];
};

/** Axes have no sense of direction: of the ways to lay them on each other four are rotations. */
const byAxes = (fixed: Moments, moving: Moments): readonly Content[] =>
  (
    [
      [1, 1, 1],
      [1, -1, -1],
      [-1, 1, -1],
      [-1, -1, 1],
    ] as const
  ).map((senses) => {
    const turn = multiply3(multiply3(fixed.axes, diagonal(senses)), transpose3(moving.axes));
    return about(fixedAt(moving.centre), affineOf(turn, [0, 0, 0]), fixedAt(subtract(fixed.centre, moving.centre)));
  });

const starts: Readonly<Record<InitialName, (views: Views) => readonly Content[]>> = {
  identity: () => [identity()],
  geometry: ({ grids }) => [shift(centreOf(grids.fixed), centreOf(grids.moving))],
  mass: byMass,
  moments: ({ fixed, moving }) => {
    const [f, m] = [momentsOf(fixed), momentsOf(moving)];
    return f && m ? byAxes(f, m) : [];
  },
  best: (views) => [identity(), ...starts.geometry(views), ...byMass(views)],
};

/** The candidates that an initialisation has, as maps of content; the metric chooses between them. */
export const candidatesFor = (initial: InitialName | Transform, views: Views): readonly Content[] => {
  if (typeof initial !== "string") return [invert(pointMapOf(initial))];
  const found = starts[initial](views);
  return found.length > 0 ? found : starts.geometry(views);
};
