/** A kernel being written: what its parts note while they are printed, and the text around them. */
import type { Axis } from "../../../compiler/language/vector.ts";
import { Numbers } from "../numbers.ts";
import { fixed, Tables } from "../tables.ts";
import { type HelperName, Helpers } from "./library.ts";

export const letters = ["x", "y", "z"] as const;
export const capitals = ["X", "Y", "Z"] as const;

/** How a kernel spells the index along an output axis. */
export const letterOf = (axis: Axis): string => letters[axis];

export class Writing {
  readonly numbers: Numbers = new Numbers();
  readonly tables: Tables = new Tables();
  readonly #helpers = new Helpers();

  readonly use = (name: HelperName): HelperName => this.#helpers.use(name);

  /** A table, as the number of the word at which it starts. */
  table(name: string, words: Uint32Array): string {
    return this.numbers.set(name, this.tables.add(words));
  }

  /** A number in fixed point with 32 + `shift` fraction bits. */
  fixed(name: string, value: number, shift: number): string {
    const { high, low } = fixed(value, shift);
    const parts = [this.numbers.set(`${name}High`, high, "i32"), this.numbers.set(`${name}Low`, low)];
    return `${this.use("Fixed")}(${parts.join(", ")})`;
  }

  /** The whole program; `types` are those of the arrays' items. */
  program(
    comment: string,
    types: { readonly result: string; readonly voxels: readonly string[] },
    parts: readonly string[],
  ): string {
    const arrays = [
      "@group(0) @binding(0) var<uniform> numbers: Numbers;",
      "@group(0) @binding(1) var<storage, read> tables: array<u32>;",
      `@group(0) @binding(2) var<storage, read_write> result: array<${types.result}>;`,
      ...types.voxels.map((type, k) => `@group(0) @binding(${3 + k}) var<storage, read> voxels${k}: array<${type}>;`),
    ];
    const all = [
      `// ${comment}`,
      this.numbers.declaration(),
      arrays.join("\n"),
      ...this.#helpers.definitions(),
      ...parts,
    ];
    return `${all.join("\n\n")}\n`;
  }
}
