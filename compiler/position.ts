/**
 * Where in the world a pass looks for each voxel of its domain: an affine view of the index and, once something was
 * displaced, three buffers of displacements on the same domain with what comes after them. However many displacements
 * are composed, there is one: each is looked at where those before it lead, and added there.
 */
import { fail } from "./errors.ts";
import { type Affine, affineOf, compose, identity, spellAffine } from "./language/affine.ts";
import { type Grid, worldToIndex } from "./language/grid.ts";
import { spell } from "./language/intern.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { at, axes } from "./language/vector.ts";
import type { Aim } from "./plan.ts";

/** Voxel i is looked for at after(view(i) + displacement(i)), or at view(i) where nothing is displaced. */
export interface Position {
  readonly view: Affine<"index", "world">;
  readonly displaced?: {
    readonly displacement: Aim["displacement"];
    readonly after: Affine<"world", "world">;
  };
}

/** The position seen through a pull. */
export const through = ({ view, displaced }: Position, pull: Affine<"world", "world">): Position =>
  displaced === undefined
    ? { view: compose(pull, view) }
    : { view, displaced: { ...displaced, after: compose(pull, displaced.after) } };

/** The pull and what displaces it, into the indices of a grid; undefined where nothing does. */
export const aimAt = (grid: Grid, { view, displaced }: Position): Aim | undefined => {
  if (displaced === undefined) return undefined;
  const onto = compose(worldToIndex(grid), displaced.after);
  return { pull: compose(onto, view), onto, displacement: displaced.displacement };
};

/**
 * The view after a further displacement of `by`, and the bodies of the displacement from there, which read the one
 * before by taps on the buffers that `read` gives.
 */
export const furtherBy = (
  { view, displaced }: Position,
  by: readonly [Scalar, Scalar, Scalar],
  read: (buffer: number) => Scalar,
): { readonly view: Position["view"]; readonly bodies: readonly [Scalar, Scalar, Scalar] } => {
  if (displaced === undefined) return { view, bodies: by };
  const { displacement, after } = displaced;
  if (after.tangents !== undefined)
    fail({
      kind: "InvalidDocument",
      errors: ["a parameter moves what stands between two displacements; put it before both, or after"],
    });
  const before = displacement.map(read);
  const body = (row: 0 | 1 | 2): Scalar =>
    axes.reduce<Scalar>((sum, column) => {
      const factor = at(after.linear, row, column);
      const part = before[column];
      if (factor === 0 || part === undefined) return sum;
      return scalar.binary("add", factor === 1 ? part : scalar.binary("mul", part, scalar.constant(factor)), sum);
    }, by[row]);
  return { view: compose(after, view), bodies: [body(0), body(1), body(2)] };
};

export const displacedBy = (view: Position["view"], displacement: Aim["displacement"]): Position => ({
  view,
  displaced: { displacement, after: identity<"world">() },
});

export const spellPosition = ({ view, displaced }: Position): string =>
  displaced === undefined
    ? spellAffine(view)
    : `${spellAffine(view)} ${displaced.displacement.join(",")} ${spellAffine(displaced.after)}`;

export const spellAim = ({ pull, onto, displacement }: Aim): string =>
  `${spellAffine(pull)} ${spellAffine(onto)} ${spell(displacement)}`;

/** Without how it changes with parameters. */
export const aimWithoutTangents = ({ pull, onto, displacement }: Aim): Aim => ({
  pull: affineOf<"index", "index">(pull.linear, pull.offset),
  onto: affineOf<"world", "index">(onto.linear, onto.offset),
  displacement,
});
