/**
 * Source coordinates that several output axes drive. Each is summed in fixed point, once for all taps and
 * regions that look at it.
 */
import type { Affine } from "../../../compiler/language/affine.ts";
import { spell } from "../../../compiler/language/intern.ts";
import { type Axis, axes, type Vector3 } from "../../../compiler/language/vector.ts";
import { mixedCoordinate } from "../tables.ts";
import { capitals, type Writing } from "./writing.ts";

export interface Coordinate {
  /** Its name in the kernel. */
  readonly name: string;
  /** Its fraction bits beyond 32, and how the kernel spells them. */
  readonly shift: number;
  readonly shiftText: string;
  readonly expression: string;
}

export class Coordinates {
  readonly #known = new Map<string, Coordinate>();
  readonly #writing: Writing;
  readonly #size: Vector3;

  /** `size` is that of the output. */
  constructor(writing: Writing, size: Vector3) {
    this.#writing = writing;
    this.#size = size;
  }

  /** The coordinate along `row` of a pull into `n` samples that repeat after `period`, or never (0). */
  of(pull: Affine<"index", "index">, row: Axis, n: number, period: number): Coordinate {
    const made = mixedCoordinate(pull, row, this.#size, n, period);
    const numbers = spell([...pull.linear.slice(3 * row, 3 * row + 3), pull.offset[row]]);
    const key = `${numbers} ${made.shift} ${made.folded ? period : 0}`;
    const known = this.#known.get(key) ?? this.#add(made);
    this.#known.set(key, known);
    return known;
  }

  #add({ shift, part }: ReturnType<typeof mixedCoordinate>): Coordinate {
    const writing = this.#writing;
    const name = `coordinate${this.#known.size}`;
    const tables = axes.map((along) => writing.table(`${name}${capitals[along]}`, part(along)));
    return {
      name,
      shift,
      shiftText: writing.numbers.set(`${name}Shift`, shift),
      expression: `${writing.use("coordinate")}(${tables.join(", ")}, x, y, z)`,
    };
  }

  /** Statements that compute all of them at x, y, z. */
  statements(): readonly string[] {
    return [...this.#known.values()].map(({ name, expression }) => `  let ${name} = ${expression};`);
  }
}
