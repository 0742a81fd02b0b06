/**
 * The numbers of a run, such as sizes and where tables start, as the uniform buffer that a kernel reads them
 * from. Kernels know their names and types only, so other numbers never make another kernel.
 */

export type NumberType = "u32" | "i32" | "f32";

interface Entry {
  readonly type: NumberType;
  readonly value: number;
}

const writers: Readonly<Record<NumberType, (view: DataView, offset: number, value: number) => void>> = {
  u32: (view, offset, value) => view.setUint32(offset, value, true),
  i32: (view, offset, value) => view.setInt32(offset, value, true),
  f32: (view, offset, value) => view.setFloat32(offset, value, true),
};

export class Numbers {
  readonly #entries = new Map<string, Entry>();

  /** Adds a number, or sets it anew, and returns how a kernel spells it. */
  set(name: string, value: number, type: NumberType = "u32"): string {
    this.#entries.set(name, { type, value });
    return `numbers.${name}`;
  }

  /** The numbers as the structure that kernels bind. */
  declaration(): string {
    const fields = [...this.#entries].map(([name, { type }]) => `  ${name}: ${type},`);
    return ["struct Numbers {", ...fields, "}"].join("\n");
  }

  /** Bytes of the structure, a multiple of 16. */
  get bytes(): number {
    return Math.ceil(this.#entries.size / 4) * 16;
  }

  /** Writes all of them at `offset`, `changes` in place of what they name. */
  write(to: ArrayBuffer, offset: number, changes: ReadonlyMap<string, number> = new Map()): void {
    const view = new DataView(to, offset, this.bytes);
    [...this.#entries].forEach(([name, { type, value }], k) => {
      writers[type](view, 4 * k, changes.get(name) ?? value);
    });
  }
}
