/**
 * Where displaced looks go along a row: the pull's coordinate plus what is made of three numbers read for each voxel, in
 * float64, for one voxel or four.
 */
import type { Axis } from "../../../compiler/language/vector.ts";
import type { Local } from "../assembler/index.ts";
import type { F, F64, I32, Reader, V128 } from "./context.ts";
import type { Position } from "./fixed.ts";

export type Coordinates = readonly [x: Local<"f64">, y: Local<"f64">, z: Local<"f64">];

/** The voxels before four coordinates along x, y and z, and the shares of those after. */
export type Positions = readonly [x: Position, y: Position, z: Position];

/** Whether coordinates are finite: what leads nowhere has no value, not even that of the nearest voxel. */
export const leads = ({ f64 }: F, [x, y, z]: Coordinates): I32 =>
  f64.eq(f64.add(f64.add(f64.mul(x, 0), f64.mul(y, 0)), f64.mul(z, 0)), 0);

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

  /** Goes over the voxels of row `number` of the domain, counting through its planes. */
  row(number: Local<"i32">, visit: (x: Local<"i32">, at: Coordinates) => void): void {
    const { f } = this.#start(number);
    const x = f.local("i32", "x");
    f.forRange(x, f.i32.const(0), this.#nx, 1, () => visit(x, this.#at(x)));
  }

  /** As `row`, but four voxels at a time where `four` takes them, or else one by one. */
  rowInFours(
    number: Local<"i32">,
    four: (x: Local<"i32">, at: Positions, slowly: () => void) => void,
    one: (x: Local<"i32">, at: Coordinates) => void,
  ): void {
    const { f } = this.#start(number);
    const { i32 } = f;
    const x = f.keep(i32.const(0), "x");
    const voxel = f.local("i32", "voxel");
    const slowly = (end: I32): void => f.forRange(voxel, x, end, 1, () => one(voxel, this.#at(voxel)));
    const whole = f.keep(i32.and(this.#nx, -4));
    f.while(i32.lt_s(x, whole), () => {
      four(x, this.#fourAt(x), () => slowly(i32.add(x, 4)));
      x.set(i32.add(x, 4));
    });
    slowly(this.#nx);
  }

  #start(number: Local<"i32">): { readonly f: F } {
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
    return { f };
  }

  #fourAt(x: Local<"i32">): Positions {
    const f = this.#f;
    const { i32, i32x4, f64x2, f32x4, v128 } = f;
    const upper = (v: Local<"v128">) => i32x4.shuffle(v, v, [2, 3, 2, 3]);
    const places = f.keep(i32x4.add(i32x4.splat(x), i32x4.const([0, 1, 2, 3])));
    const offset = f.keep(i32.shl(x, 2));
    const moved = this.#rows.map((row) => f.keep(v128.load(i32.add(row, offset)), "moved"));
    const half = (high: boolean) => {
      const pick = (v: Local<"v128">) => (high ? upper(v) : v);
      return {
        along: f.keep(f64x2.convert_low_i32x4_s(pick(places))),
        by: moved.map((v) => f.keep(f64x2.promote_low_f32x4(pick(v)))),
      };
    };
    const halves = [half(false), half(true)];
    const position = (k: Axis): Position => {
      const [mx] = this.#pull[k] as readonly [L, L, L, L];
      const onto = (this.#onto[k] as readonly L[]).map((e) => f.keep(f64x2.splat(e)));
      const base = f.keep(f64x2.splat(this.#base[k] as L));
      const step = f.keep(f64x2.splat(mx));
      const [low, high] = halves.map(({ along, by }) => {
        const made = by
          .map((v, c) => f64x2.mul(onto[c] as Local<"v128">, v))
          .reduce((sum, part) => f64x2.add(sum, part));
        return f.keep(f64x2.add(f64x2.add(base, f64x2.mul(step, along)), made));
      }) as [Local<"v128">, Local<"v128">];
      const [wholeLow, wholeHigh] = [f.keep(f64x2.floor(low)), f.keep(f64x2.floor(high))];
      const joined = (a: V128, b: V128) => f.keep(i32x4.shuffle(a, b, [0, 1, 4, 5]));
      return {
        index: joined(i32x4.trunc_sat_f64x2_s_zero(wholeLow), i32x4.trunc_sat_f64x2_s_zero(wholeHigh)),
        share: joined(
          f32x4.demote_f64x2_zero(f64x2.sub(low, wholeLow)),
          f32x4.demote_f64x2_zero(f64x2.sub(high, wholeHigh)),
        ),
      };
    };
    return [position(0), position(1), position(2)];
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
