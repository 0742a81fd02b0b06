/** Where displaced looks go along a row: the pull's coordinate plus what is made of three numbers read for each voxel. */
import type { Axis } from "../../../compiler/language/vector.ts";
import type { Local } from "../assembler/index.ts";
import type { F, F64, Reader } from "./context.ts";

export type Coordinates = readonly [x: Local<"f64">, y: Local<"f64">, z: Local<"f64">];

export class AimEmitter {
  readonly #f: F;
  readonly #base: readonly Local<"f64">[];
  readonly #pull: readonly (readonly Local<"f64">[])[];
  readonly #onto: readonly (readonly Local<"f64">[])[];
  readonly #components: readonly Local<"i32">[];
  readonly #rows: readonly Local<"i32">[];
  readonly #nx: Local<"i32">;
  readonly #ny: Local<"i32">;

  constructor(f: F, read: Reader) {
    const numbers = (prefix: string, row: Axis): readonly Local<"f64">[] =>
      [0, 1, 2].map((column) => read.f64(`${prefix}${3 * row + column}`));
    const all = [0, 1, 2] as const;
    this.#f = f;
    this.#pull = all.map((row) => [...numbers("m", row), read.f64(`t${row}`)]);
    this.#onto = all.map((row) => numbers("onto", row));
    this.#base = all.map(() => f.local("f64", "base"));
    this.#components = all.map((k) => read.i32(`displacement${k}`));
    this.#rows = all.map(() => f.local("i32", "row"));
    this.#nx = read.i32("nx");
    this.#ny = read.i32("ny");
  }

  /** Goes over voxels of row `number` of a channel of the domain, the `number`-th counting through its planes. */
  row(number: Local<"i32">, visit: (x: Local<"i32">, at: Coordinates) => void): void {
    const f = this.#f;
    const { i32, f64 } = f;
    const y = f.keep(f64.convert_i32_s(i32.rem_u(number, this.#ny)), "y");
    const z = f.keep(f64.convert_i32_s(i32.div_u(number, this.#ny)), "z");
    for (const [k, base] of this.#base.entries()) {
      const [, my, mz, t] = this.#pull[k] as readonly [L, L, L, L];
      base.set(f64.add(f64.add(f64.mul(my, y), f64.mul(mz, z)), t));
    }
    const bytes = f.keep(i32.shl(i32.mul(number, this.#nx), 2));
    for (const [k, row] of this.#rows.entries()) row.set(i32.add(this.#components[k] as Local<"i32">, bytes));
    const x = f.local("i32", "x");
    f.forRange(x, i32.const(0), this.#nx, 1, () => visit(x, this.#at(x)));
  }

  #at(x: Local<"i32">): Coordinates {
    const f = this.#f;
    const { i32, f64, f32 } = f;
    const offset = f.keep(i32.shl(x, 2));
    const along = f.keep(f64.convert_i32_s(x));
    const moved = this.#rows.map((row) => f.keep(f64.promote_f32(f32.load(i32.add(row, offset))), "moved"));
    const coordinate = (k: Axis): Local<"f64"> => {
      const [mx] = this.#pull[k] as readonly [L, L, L, L];
      const [a, b, c] = this.#onto[k] as readonly [L, L, L];
      const [dx, dy, dz] = moved as [L, L, L];
      const by: F64 = f64.add(f64.add(f64.mul(a, dx), f64.mul(b, dy)), f64.mul(c, dz));
      return f.keep(f64.add(f64.add(this.#base[k] as L, f64.mul(mx, along)), by), "at");
    };
    return [coordinate(0), coordinate(1), coordinate(2)];
  }
}

type L = Local<"f64">;
