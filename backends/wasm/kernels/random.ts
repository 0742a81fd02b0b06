/**
 * Random numbers of four voxels of a row: `uniformAt` of the language in vectors, of which only what leads to the
 * first word is computed. What depends on the row and on the run alone is computed once for each.
 */
import { lcg } from "../../../compiler/language/random.ts";
import { nodesOf, type Random, type Scalar } from "../../../compiler/language/scalar.ts";
import type { Local } from "../assembler/index.ts";
import type { F, I32, Reader, V128 } from "./context.ts";

/** The random numbers that bodies ask for, each once. Their seeds are numbers of a run, as constants are. */
export const randomsOf = (bodies: readonly Scalar[]): readonly Random[] => [
  ...new Set(bodies.flatMap((body) => nodesOf(body).filter((s) => s.kind === "random"))),
];

interface Key {
  readonly s: Local<"i32">;
  readonly t: Local<"i32">;
}

/** What computes the random numbers that bodies ask for, if they ask for any. */
export const randomEmitter = (f: F, read: Reader, bodies: readonly Scalar[]): RandomEmitter | undefined => {
  const randoms = randomsOf(bodies);
  return randoms.length === 0 ? undefined : new RandomEmitter(f, read, randoms);
};

export class RandomEmitter {
  readonly #f: F;
  readonly #keys: ReadonlyMap<Random, Key>;
  /** Of the first voxel of the row, and of its plane, after the linear step. */
  readonly #index: Local<"i32">;
  readonly #plane: Local<"i32">;

  constructor(f: F, read: Reader, randoms: readonly Random[]) {
    this.#f = f;
    this.#keys = new Map(randoms.map((of, k) => [of, { s: read.i32(`random${k}.s`), t: read.i32(`random${k}.t`) }]));
    this.#index = f.local("i32", "index");
    this.#plane = f.local("i32", "plane");
  }

  /** Begins the row y of a plane, which is the `plane`-th, counting through channels. */
  startRow({ y, plane, nx }: Readonly<Record<"y" | "plane" | "nx", I32>>): void {
    this.#index.set(this.#linear(this.#f.i32.mul(y, nx)));
    this.#plane.set(this.#linear(plane));
  }

  /** The numbers of voxel x of the row and of the three after it. */
  at(of: Random, x: I32): V128 {
    const f = this.#f;
    const { i32, i32x4, f32x4, v128 } = f;
    const key = this.#keys.get(of);
    if (key === undefined) throw new RangeError("the kernel has no such random numbers");
    const first = i32.add(i32.add(this.#index, i32.mul(x, lcg.factor)), i32.mul(this.#plane, key.t));
    const lanes = [0, 1, 2, 3].map((lane) => Math.imul(lane, lcg.factor)) as [number, number, number, number];
    const a = f.keep(i32x4.add(i32x4.splat(first), i32x4.const(lanes)));
    const z = i32x4.splat(key.s);
    const b = f.keep(i32x4.add(i32x4.splat(this.#plane), i32x4.mul(z, a)));
    const c = i32x4.add(z, i32x4.mul(a, b));
    const d = f.keep(i32x4.add(i32x4.splat(key.t), i32x4.mul(b, c)));
    const folded = (v: Local<"v128">): V128 => v128.xor(v, i32x4.shr_u(v, 16));
    const word = i32x4.add(folded(a), i32x4.mul(folded(b), folded(d)));
    const odd = v128.or(i32x4.shr_u(word, 8), i32x4.const([1, 1, 1, 1]));
    return f32x4.mul(f32x4.convert_i32x4_s(odd), f32x4.splat(2 ** -24));
  }

  /** The linear step that the hash begins with. */
  #linear(word: I32): I32 {
    const { i32 } = this.#f;
    return i32.add(i32.mul(word, lcg.factor), lcg.increment);
  }
}

/** The value of a number of {@link RandomEmitter} by its name: the words of a key, after the linear step. */
export const randomNumber = (words: readonly [number, number] | undefined, part: string): number => {
  const word = words?.[part === "s" ? 0 : 1];
  return word === undefined ? Number.NaN : (Math.imul(word, lcg.factor) + lcg.increment) | 0;
};
