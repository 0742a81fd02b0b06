/** What a registration tells while it goes on, and in the end. */
import type { Grid } from "../../compiler/language/grid.ts";
import type { Matrix3, Vector3 } from "../../compiler/language/vector.ts";
import type { Operation } from "../expression.ts";
import type { Transform } from "../transform.ts";
import type { StartName } from "./initial.ts";
import type { Movement } from "./movement.ts";
import type { StopReason } from "./optimizers/optimizer.ts";

/** One iteration: what was reached, and how far it lies from the iteration before. */
export interface Iteration {
  /** From 0, the coarsest. */
  readonly level: number;
  readonly levels: number;
  /** From 0, the start of the level. */
  readonly iteration: number;
  /** The loss: what the metric gives, less being better. */
  readonly value: number;
  /** Of the loss, per mm of displacement. */
  readonly gradientNorm: number;
  /** Root of the mean squared displacement of the fixed image's corners by this step, about, in mm. */
  readonly step: number;
  readonly transform: Transform;
}

/** What a level came to. */
export interface LevelReport {
  readonly shrinkFactor: number;
  readonly fixed: Grid;
  readonly moving: Grid;
  readonly iterations: number;
  /** Values and gradients that were computed. */
  readonly evaluations: number;
  readonly value: number;
  readonly stop: StopReason;
}

export interface Registration {
  /** From points of the fixed image to those of the moving one, about the centre of the fixed grid, as ITK has it. */
  readonly transform: Transform;
  /** How the content of the moving image moves to lie on the fixed one, for the operation `transform`: the inverse. */
  readonly content: { readonly matrix: Matrix3; readonly offset: Vector3 };
  /** The same in degrees, factors and mm, by name. */
  readonly parameters: Movement;
  /** Where it began: said even where it was left to be chosen. */
  readonly start: StartName;
  /** Brings the moving image, or its labels, onto the fixed one: moves the content and looks at it on the fixed grid. */
  readonly operation: Operation;
  /** The loss at the end, on the finest level. */
  readonly value: number;
  readonly levels: readonly LevelReport[];
  readonly history: readonly Iteration[];
}
