/**
 * The instructions as methods, `f.f32x4.add(a, b)`: their types, mapped from the rows of the tables. What
 * computes a value gives an expression; what stores emits at once.
 */
import type { Code, Operand } from "./code.ts";
import type { ExtractRow, LaneLoadName, LaneStoreName, LoadRow, PlainRow, ReplaceRow, StoreRow } from "./operations.ts";
import type { LaneLiteral, Literal, Shape, ValueType } from "./types.ts";

/** The method of a signature such as `"f32 f32 -> f32"`. */
type Plain<S> = S extends `${infer A extends ValueType} -> ${infer R extends ValueType}`
  ? (a: Operand<A>) => Code<R>
  : S extends `${infer A extends ValueType} ${infer B extends ValueType} -> ${infer R extends ValueType}`
    ? (a: Operand<A>, b: Operand<B>) => Code<R>
    : S extends `${infer A extends ValueType} ${infer B extends ValueType} ${infer C extends ValueType} -> ${infer R extends ValueType}`
      ? (a: Operand<A>, b: Operand<B>, c: Operand<C>) => Code<R>
      : never;
type Load<T extends ValueType> = (address: Operand<"i32">, offset?: number) => Code<T>;
type Store<T extends ValueType> = (address: Operand<"i32">, value: Operand<T>, offset?: number) => void;
type LaneLoad = (address: Operand<"i32">, vector: Operand<"v128">, lane: number, offset?: number) => Code<"v128">;
type LaneStore = (address: Operand<"i32">, vector: Operand<"v128">, lane: number, offset?: number) => void;
type Extract<T extends ValueType> = (vector: Operand<"v128">, lane: number) => Code<T>;
type Replace<T extends ValueType> = (vector: Operand<"v128">, lane: number, value: Operand<T>) => Code<"v128">;

/** The part of an instruction's name after `N.`. */
type Within<N extends string, Name> = Name extends `${N}.${infer Method}` ? Method : never;

type Derived<N extends string> = {
  readonly [Row in PlainRow as Within<N, Row[0]>]: Plain<Row[1]>;
} & { readonly [Row in LoadRow as Within<N, Row[0]>]: Load<Row[1]> } & {
  readonly [Row in StoreRow as Within<N, Row[0]>]: Store<Row[1]>;
} & { readonly [Row in LaneLoadName as Within<N, Row>]: LaneLoad } & {
  readonly [Row in LaneStoreName as Within<N, Row>]: LaneStore;
} & { readonly [Row in ExtractRow as Within<N, Row[0]>]: Extract<Row[1]> } & {
  readonly [Row in ReplaceRow as Within<N, Row[0]>]: Replace<Row[1]>;
};

type ScalarConstant<T extends ValueType> = {
  readonly const: (value: Literal<T>) => Code<T>;
};
type VectorConstant<S extends Shape> = {
  /** One number for each lane, lane 0 (the lowest address) first. */
  readonly const: (lanes: readonly LaneLiteral<S>[]) => Code<"v128">;
  /** Lanes of `a`, counted from 0, and of `b`, counted on from there. */
  readonly shuffle: (a: Operand<"v128">, b: Operand<"v128">, lanes: readonly number[]) => Code<"v128">;
};

export type MemoryMethods = {
  /** In pages of 64 KiB. */
  readonly size: () => Code<"i32">;
  readonly grow: (pages: Operand<"i32">) => Code<"i32">;
  readonly copy: (to: Operand<"i32">, from: Operand<"i32">, bytes: Operand<"i32">) => void;
  readonly fill: (at: Operand<"i32">, byte: Operand<"i32">, bytes: Operand<"i32">) => void;
};

/** All instructions, by the part of their name before the dot. */
export type Methods = { readonly [T in Exclude<ValueType, "v128">]: Derived<T> & ScalarConstant<T> } & {
  readonly [S in Shape]: Derived<S> & VectorConstant<S>;
} & { readonly v128: Derived<"v128">; readonly memory: MemoryMethods };
