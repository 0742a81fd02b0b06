/**
 * What an optimiser is: it walks a function of a few numbers down, given its gradients. The function is a promise,
 * for it computes over volumes; that is why none of the libraries that minimise synchronous functions serves. All
 * lengths are in mm, since positions are; those of the settings are in voxels of the level.
 */

export interface Evaluation {
  readonly value: number;
  readonly gradient: readonly number[];
}

/** Why an optimiser stopped: the step became small, the value hardly changed, or the iterations were used up. */
export type StopReason = "step" | "value" | "iterations";

/** Settings that all optimisers have. */
export interface StoppingRules {
  /** Iterations a level, at most. */
  readonly iterations?: number;
  /** Stops when a step is shorter than this, in voxels of the level. */
  readonly minimumStep?: number;
  /** Stops when the value falls by less than this share of itself. */
  readonly valueTolerance?: number;
}

/** A function to walk down, from a start. */
export interface Descent {
  readonly objective: (position: readonly number[]) => Promise<Evaluation>;
  readonly start: readonly number[];
  /** The voxel of the level, in mm. */
  readonly voxel: number;
  /** Told of every position that is accepted, the start included. */
  readonly onStep: (step: Step) => void;
}

/** One position on the way; `step` is how far it lies from the one before, in mm. */
export interface Step {
  readonly position: readonly number[];
  readonly value: number;
  readonly gradientNorm: number;
  readonly step: number;
}

export interface Arrival {
  readonly position: readonly number[];
  readonly value: number;
  readonly stop: StopReason;
}

// Arithmetic on positions.

export const inner = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, k) => sum + x * (b[k] ?? 0), 0);
export const length = (a: readonly number[]): number => Math.sqrt(inner(a, a));
export const scaled = (a: readonly number[], by: number): readonly number[] => a.map((x) => x * by);
export const plus = (a: readonly number[], b: readonly number[]): readonly number[] => a.map((x, k) => x + (b[k] ?? 0));
export const minus = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((x, k) => x - (b[k] ?? 0));

/** Whether a value hardly fell. */
export const isFlat = (before: number, after: number, tolerance: number): boolean =>
  Math.abs(before - after) <= tolerance * Math.max(Math.abs(before), Math.abs(after), Number.MIN_VALUE);
