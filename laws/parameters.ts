/** Parameters in steps: putting them in place of numbers, and moving them. */

import { isParameter, numberOf, param, type Real, type RealVector3, scalarOf } from "../compiler/language/real.ts";
import { type Parameter, replaceLeaves } from "../compiler/language/scalar.ts";
import type { AffineStep, Step } from "../src/step.ts";

/** How far a number has to move for what it does to be of the same order: 10 degrees, a tenth of a factor, 1 mm. */
const units = { degrees: 10, factor: 0.1, millimetres: 1, value: 1 } as const;
type Unit = (typeof units)[keyof typeof units];

/** The step with what `of` says in place of each number that could be a parameter. */
export const replaceReals = (step: Step, of: (real: Real, unit: Unit) => Real): Step => {
  const three = (reals: RealVector3, unit: Unit): RealVector3 => [
    of(reals[0], unit),
    of(reals[1], unit),
    of(reals[2], unit),
  ];
  switch (step.op) {
    case "rotate":
      return {
        ...step,
        degrees: of(step.degrees, units.degrees),
        ...(step.center && { center: three(step.center, units.millimetres) }),
      };
    case "transform": {
      const [a, b, c, d, e, f, g, h, i] = step.matrix;
      const [x, y, z] = [
        three([a, b, c], units.factor),
        three([d, e, f], units.factor),
        three([g, h, i], units.factor),
      ];
      return { ...step, matrix: [...x, ...y, ...z], offset: three(step.offset, units.millimetres) };
    }
    case "affine": {
      const { rotate, scale, shear, translate, center } = step;
      const parts: Pick<AffineStep, "rotate" | "scale" | "shear" | "translate" | "center"> = {
        ...(rotate && { rotate: three(rotate, units.degrees) }),
        ...(scale && { scale: three(scale, units.factor) }),
        ...(shear && { shear: three(shear, units.factor) }),
        ...(translate && { translate: three(translate, units.millimetres) }),
        ...(center && { center: three(center, units.millimetres) }),
      };
      return { ...step, ...parts };
    }
    case "translate":
      return { ...step, mm: of(step.mm, units.millimetres) };
    case "rescale":
      return { ...step, slope: of(step.slope, units.factor), intercept: of(step.intercept, units.value) };
    case "clamp":
      return { ...step, min: of(step.min, units.value), max: of(step.max, units.value) };
    case "window":
      return { ...step, center: of(step.center, units.value), width: of(step.width, units.value) };
    case "gamma":
      return { ...step, gamma: of(step.gamma, units.factor) };
    case "map":
      return {
        ...step,
        body: replaceLeaves(step.body, (leaf) =>
          leaf.kind === "const" ? scalarOf(of(isParameter(leaf) ? leaf : leaf.value, units.factor)) : undefined,
        ),
      };
    case "displace":
    case "biasField":
    case "scale":
    case "resampleToSpacing":
    case "resampleToImage":
    case "crop":
    case "pad":
    case "padOrCropTo":
    case "flip":
    case "changeOrientation":
    case "materialize":
    case "zScore":
    case "minMax":
    case "clipPercentiles":
    case "histogramMatch":
    case "nyulApply":
    case "smooth":
    case "oneHot":
    case "argMax":
    case "as":
      return step;
  }
};

/** A parameter, and how far it has to move for what it does to be of the order of what the others do. */
export interface Movable {
  readonly parameter: Parameter;
  readonly unit: number;
}

/** The parameters in steps, in order; one that stands in several places is there once. */
export const movablesIn = (steps: readonly Step[]): readonly Movable[] => {
  const found = new Map<string, Movable>();
  for (const step of steps)
    replaceReals(step, (real, unit) => {
      if (isParameter(real)) found.set(real.parameter, { parameter: real, unit });
      return real;
    });
  return [...found.values()];
};

/** The steps with parameters in place of all their numbers, each with a name of its own. */
export const parametrised = (steps: readonly Step[]): readonly Step[] => {
  let count = 0;
  return steps.map((step) => replaceReals(step, (real) => param(`${step.op} ${count++}`, numberOf(real))));
};

/** The steps with other values of their parameters. */
export const withValues = (steps: readonly Step[], of: (parameter: Parameter) => number): readonly Step[] =>
  steps.map((step) => replaceReals(step, (real) => (isParameter(real) ? param(real.parameter, of(real)) : real)));
