/** Prints where displaced looks lead: coordinates in fixed point, plus what is made of three numbers read for the voxel. */
import { type Axis, at, axes, type Vector3 } from "../../../compiler/language/vector.ts";
import type { Aim } from "../../../compiler/plan.ts";
import { sourceNumbers } from "../kernel.ts";
import { coordinatePart } from "../tables.ts";
import type { Coordinate } from "./coordinates.ts";
import { capitals, type Writing } from "./writing.ts";

/** Fraction bits beyond 32: displacements may lead far, so as few as there can be. */
const shift = 1;

export interface PrintedAim {
  /** Statements that leave the coordinates, and `leads`, which is false where one is not finite. */
  readonly statements: readonly string[];
  readonly coordinates: readonly [Coordinate, Coordinate, Coordinate];
}

/** `first` is the binding of the displacement along x; those along y and z follow. */
export const printAim = (
  { pull, onto }: Pick<Aim, "pull" | "onto">,
  size: Vector3,
  first: number,
  writing: Writing,
): PrintedAim => {
  const { numbers, use } = writing;
  const shiftText = numbers.set("aimShift", shift);
  const coordinate = (row: Axis): Coordinate => {
    const tables = axes.map((along) =>
      writing.table(`aim${capitals[row]}${capitals[along]}`, coordinatePart(pull, row, along, size, shift)),
    );
    const by = axes
      .map(
        (k) =>
          `${numbers.set(`onto${capitals[row]}${capitals[k]}`, at(onto.linear, row, k), "f32")} * by${capitals[k]}`,
      )
      .join(" + ");
    return {
      name: `aim${capitals[row]}`,
      shift,
      shiftText,
      expression: `${use("add")}(${use("coordinate")}(${tables.join(", ")}, x, y, z), ${use("moved")}(${by}))`,
    };
  };
  const coordinates = [coordinate(0), coordinate(1), coordinate(2)] as const;
  const components = axes.map((k) => {
    const names = sourceNumbers(first + k);
    const index = `x - numbers.${names.x} + (y - numbers.${names.y}) * numbers.${names.row} + (z - numbers.${names.z}) * numbers.${names.plane}`;
    return `  let by${capitals[k]} = read${first + k}(${index});`;
  });
  return {
    statements: [
      ...components,
      `  let leads = ${axes.map((k) => `${use("isFinite")}(by${capitals[k]})`).join(" && ")};`,
      ...coordinates.map(({ name, expression }) => `  let ${name} = ${expression};`),
    ],
    coordinates,
  };
};
