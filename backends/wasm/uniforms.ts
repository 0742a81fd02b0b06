/**
 * The numbers of a run, such as matrices and addresses, laid out in memory where the kernel reads them: a
 * kernel depends on a plan's structure only, so a registration step changes these and compiles nothing.
 */

type Type = "i32" | "f32" | "f64";
const bytesOf: Readonly<Record<Type, number>> = { i32: 4, f32: 4, f64: 8 };

export interface Uniform {
  readonly type: Type;
  readonly offset: number;
}

/** Grows while a kernel is being written; the same names are given values when it is run. */
export class UniformLayout {
  readonly #fields = new Map<string, Uniform>();
  #bytes = 0;

  /** The place of a name, new or known. */
  field(name: string, type: Type): Uniform {
    const known = this.#fields.get(name);
    if (known !== undefined) return known;
    const width = bytesOf[type];
    const offset = Math.ceil(this.#bytes / width) * width;
    this.#bytes = offset + width;
    const field: Uniform = { type, offset };
    this.#fields.set(name, field);
    return field;
  }

  /** Bytes of all fields, a multiple of 16. */
  get bytes(): number {
    return Math.ceil(this.#bytes / 16) * 16;
  }

  /** Writes the value of every field at `address`. */
  write(buffer: ArrayBufferLike, address: number, value: (name: string) => number): void {
    const view = new DataView(buffer, address, this.bytes);
    for (const [name, { type, offset }] of this.#fields) writers[type](view, offset, value(name));
  }
}

const writers: Readonly<Record<Type, (view: DataView, offset: number, value: number) => void>> = {
  i32: (view, offset, value) => view.setInt32(offset, value, true),
  f32: (view, offset, value) => view.setFloat32(offset, value, true),
  f64: (view, offset, value) => view.setFloat64(offset, value, true),
};
