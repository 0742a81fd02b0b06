/**
 * Where a row lies in the regions of a pass that moves voxels. Most are boxes along the output's axes, whose
 * limits the host has found; only the others are cut anew for each row.
 */
import type { Local } from "../assembler/index.ts";
import type { F, Reader } from "./context.ts";
import type { Narrow } from "./interval.ts";

export type RegionShape = "box" | "slanted";

export interface Interval {
  readonly start: Local<"i32">;
  readonly end: Local<"i32">;
}

export class RegionEmitter {
  readonly #f: F;
  readonly #read: Reader;
  readonly #shapes: readonly RegionShape[];
  readonly #nx: Local<"i32">;
  readonly #narrow: Narrow;

  constructor(f: F, read: Reader, shapes: readonly RegionShape[], nx: Local<"i32">, narrow: Narrow) {
    this.#f = f;
    this.#read = read;
    this.#shapes = shapes;
    this.#nx = nx;
    this.#narrow = narrow;
  }

  /** The part of a row in each region. */
  row(y: Local<"i32">, z: Local<"i32">): readonly Interval[] {
    return this.#shapes.map((shape, k) => (shape === "box" ? this.#box(k, y, z) : this.#slanted(k, y, z)));
  }

  #box(k: number, y: Local<"i32">, z: Local<"i32">): Interval {
    const { i32 } = this.#f;
    const limit = (name: string): Local<"i32"> => this.#read.i32(`region${k}.${name}`);
    const within = (axis: number, at: Local<"i32">) =>
      i32.and(i32.ge_s(at, limit(`from${axis}`)), i32.lt_s(at, limit(`to${axis}`)));
    const held = this.#f.keep(i32.and(within(1, y), within(2, z)));
    return {
      start: this.#f.keep(i32.mul(held, limit("from0"))),
      end: this.#f.keep(i32.mul(held, limit("to0"))),
    };
  }

  #slanted(k: number, y: Local<"i32">, z: Local<"i32">): Interval {
    const f = this.#f;
    const { f64, i32 } = f;
    const number = (name: string): Local<"f64"> => this.#read.f64(`region${k}.${name}`);
    const [fy, fz] = [f.keep(f64.convert_i32_s(y)), f.keep(f64.convert_i32_s(z))];
    const whole: Interval = { start: f.keep(i32.const(0)), end: f.keep(this.#nx) };
    return ([0, 1, 2] as const).reduce<Interval>((interval, a) => {
      const [s, my, mz] = [number(`m${a * 3}`), number(`m${a * 3 + 1}`), number(`m${a * 3 + 2}`)];
      const b = f64.add(f64.add(f64.mul(my, fy), f64.mul(mz, fz)), number(`t${a}`));
      const [low, high] = [number("low"), number(`high${a}`)];
      const [start, end] = f.call(this.#narrow, { b, s, low, high, start: interval.start, end: interval.end });
      return { start, end };
    }, whole);
  }
}
