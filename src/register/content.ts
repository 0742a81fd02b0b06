/** How the content of the moving image moves, as a map of the world and as an operation. */
import type { Affine } from "../../compiler/language/affine.ts";
import type { Operation } from "../expression.ts";
import { transform } from "../ops/transform.ts";
import type { SamplingOptions } from "../step.ts";

/** Brings the moving image onto the fixed one: the inverse of the map of points. */
export type Content = Affine<"world", "world">;

/** What lies outside the moving image does not count. Intensities are looked at linearly, labels by nearest neighbour. */
export const outsideIs0: SamplingOptions<"nearest"> = { fill: 0 };

/** Moves content by a map. */
export const movedBy = ({ linear: matrix, offset }: Content): Operation => transform({ matrix, offset }, outsideIs0);
