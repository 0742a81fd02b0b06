/** Where a registration begins: maps of content that bring the moving image roughly onto the fixed one. */
import { about, affineOf, fixed as fixedAt, identity, invert, translation } from "../../compiler/language/affine.ts";
import { centreOf, type Grid } from "../../compiler/language/grid.ts";
import { diagonal, multiply3, subtract, transpose3, type Vector3 } from "../../compiler/language/vector.ts";
import type { MedImage } from "../image.ts";
import { pointMapOf, type Transform } from "../transform.ts";
import type { Content } from "./content.ts";
import { type Moments, momentsOf } from "./moments.ts";

/**
 * `"identity"`: as the images lie in the world. `"geometry"`: the centres of the grids on each other. `"mass"`: the
 * centres of mass, of values over the lowest. `"moments"`: these and the principal axes. `"best"`: whichever of the
 * first three the metric prefers, of those by which the images lie on each other.
 */
export type InitialName = "identity" | "geometry" | "mass" | "moments" | "best";
export const initialNames: readonly InitialName[] = ["best", "identity", "geometry", "mass", "moments"];

/** What a registration began with: `"transform"` is one that was given. */
export type StartName = Exclude<InitialName, "best"> | "transform";

export interface Start {
  readonly name: StartName;
  readonly content: Content;
}

interface Views {
  readonly fixed: MedImage;
  readonly moving: MedImage;
  readonly grids: { readonly fixed: Grid; readonly moving: Grid };
}

const shift = (to: Vector3, from: Vector3): Content => translation(subtract(to, from));

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

type Candidates = (views: Views) => readonly Content[];

const starts: Readonly<Record<Exclude<InitialName, "best">, Candidates>> = {
  identity: () => [identity()],
  geometry: ({ grids }) => [shift(centreOf(grids.fixed), centreOf(grids.moving))],
  mass: ({ fixed, moving }) => {
    const [f, m] = [momentsOf(fixed), momentsOf(moving)];
    return f && m ? [shift(f.centre, m.centre)] : [];
  },
  moments: ({ fixed, moving }) => {
    const [f, m] = [momentsOf(fixed), momentsOf(moving)];
    return f && m ? byAxes(f, m) : [];
  },
};

/**
 * The candidates that an initialisation has; the metric chooses between them. An image of one value has no centre of
 * mass: then it is the centre of its grid.
 */
export const candidatesFor = (initial: InitialName | Transform, views: Views): readonly Start[] => {
  if (typeof initial !== "string") return [{ name: "transform", content: invert(pointMapOf(initial)) }];
  const named = (name: keyof typeof starts): readonly Start[] =>
    starts[name](views).map((content) => ({ name, content }));
  const found = initial === "best" ? (["identity", "geometry", "mass"] as const).flatMap(named) : named(initial);
  return found.length > 0 ? found : named("geometry");
};
