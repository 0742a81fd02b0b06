/**
 * Samplers: random values as pure functions of a stream of bits. They are composed like parsers, by the state monad
 * of fp-ts, whose laws hold to the bit: `map` and `chain` hand the stream on. What is made of *parts*, by `sequence`,
 * `struct`, `oneOf` or `sometimes`, gives each part a stream of its own instead, found by the part's name: so a part
 * that is added, taken away or changed does not change what the others draw.
 */
import type { Monad1 } from "fp-ts/lib/Monad.js";
import * as S from "fp-ts/lib/State.js";
import { drawFrom, partOf, type Seed, type Stream, streamOf } from "./stream.ts";

export interface Sampler<A> {
  (stream: Stream): [A, Stream];
  /** The name by which its stream is found where it is a part of a whole; parts of one name are numbered. */
  readonly part?: string;
}

export const URI = "medimages/Sampler";
export type URI = typeof URI;

declare module "fp-ts/HKT" {
  interface URItoKind<A> {
    readonly [URI]: Sampler<A>;
  }
}

/** Always `value`; draws nothing. */
export const constant = <A>(value: A): Sampler<A> => S.of(value);
/** As {@link constant}, by the name that it has in fp-ts. */
export const of: <A>(value: A) => Sampler<A> = constant;
/** What a function makes of the values of a sampler. */
export const map =
  <A, B>(f: (a: A) => B) =>
  (sampler: Sampler<A>): Sampler<B> =>
    S.map(f)(sampler);
/** The sampler that a function makes of a value, run on what is left of the stream. */
export const chain =
  <A, B>(f: (a: A) => Sampler<B>) =>
  (sampler: Sampler<A>): Sampler<B> =>
    S.chain(f)(sampler);

/** The instance for whatever fp-ts has for any monad. Its laws hold to the bit. */
export const Monad: Monad1<URI> = {
  URI,
  map: (sampler, f) => S.map(f)(sampler),
  of,
  ap: (functions, sampler) => S.ap(sampler)(functions),
  chain: (sampler, f) => S.chain(f)(sampler),
};

/** The sampler under a name of its own, so that its stream stays the same wherever it stands among other parts. */
export const named =
  (part: string) =>
  <A>(sampler: Sampler<A>): Sampler<A> =>
    Object.assign((stream: Stream) => sampler(stream), { part });

/** The value that a sampler has for a seed. */
export const draw =
  <A>(sampler: Sampler<A>) =>
  (seed: Seed): A =>
    sampler(streamOf(seed))[0];

type ValueOf<S> = S extends Sampler<infer A> ? A : never;

/** The values of several samplers, each drawn from a stream of its own: by its `part`, or by its place among those without. */
export const tuple = <P extends readonly Sampler<unknown>[]>(
  ...parts: P
): Sampler<{ readonly [K in keyof P]: ValueOf<P[K]> }> => {
  const names = parts.map(({ part = "" }) => part);
  const streams = names.map((name, k) => [name, names.slice(0, k).filter((other) => other === name).length] as const);
  return fromParts((stream) => {
    const values = parts.map((part, k) => part(partOf(stream, ...(streams[k] ?? ["", k])))[0]);
    return values as { readonly [K in keyof P]: ValueOf<P[K]> };
  });
};

/** As {@link tuple}, of a record, whose keys are the names of the parts. */
export const struct = <P extends Readonly<Record<string, Sampler<unknown>>>>(
  parts: P,
): Sampler<{ readonly [K in keyof P]: ValueOf<P[K]> }> =>
  fromParts((stream) => {
    const values = Object.entries(parts).map(([key, part]) => [key, part(partOf(stream, key, 0))[0]] as const);
    return Object.fromEntries(values) as { readonly [K in keyof P]: ValueOf<P[K]> };
  });

/** What is made of the streams of parts; the stream of the whole goes on by one step, whatever the parts draw. */
export const fromParts =
  <A>(draw: (stream: Stream) => A): Sampler<A> =>
  (stream) => [draw(stream), drawFrom(stream, (generator) => generator.next())[1]];
