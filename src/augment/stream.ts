/**
 * Streams of random bits: immutable, and splittable, so that each part of a pipeline draws from a stream of its own
 * and what one part draws does not depend on how much another drew. The bits of a stream are those of xoroshiro128+
 * (`pure-rand`); a part's stream starts at a hash of its whole's state and of the part's name.
 */
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { bitsOf, pcg4d, type Words } from "../../compiler/language/random.ts";

export interface Stream {
  /** The state of the generator, four words of 32 bits. */
  readonly state: Words;
}

/** One number, or several that belong together, such as `[seed, epoch, sample]`. All finite numbers are good seeds. */
export type Seed = number | readonly number[];

/** Two constants that have nothing up their sleeves: the first digits of π's fraction. */
const start: Words = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];

export const streamOf = (seed: Seed): Stream => {
  const numbers = typeof seed === "number" ? [seed] : seed;
  return { state: numbers.reduce<Words>((words, number) => absorbed(words, ...bitsOf(number)), start) };
};

const absorbed = ([a, b, c, d]: Words, low: number, high: number): Words => pcg4d([a ^ low, b ^ high, c, d]);

/** The stream of the part `name` of a whole, the `occurrence`-th of this name. */
export const partOf = ({ state }: Stream, name: string, occurrence: number): Stream => {
  const named = [...name].reduce<Words>((words, letter) => absorbed(words, letter.codePointAt(0) ?? 0, 1), state);
  return { state: absorbed(named, occurrence, 2) };
};

/** What `draw` makes of a stream's bits, and the stream after them. */
export const drawFrom = <A>(stream: Stream, draw: (generator: RandomGenerator) => A): [A, Stream] => {
  const generator = xoroshiro128plusFromState(stream.state);
  const drawn = draw(generator);
  const [a = 0, b = 0, c = 0, d = 0] = generator.getState();
  return [drawn, { state: [a, b, c, d] }];
};
