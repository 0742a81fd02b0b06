/**
 * The value types of WebAssembly and what TypeScript knows about them. All vector shapes share `v128`: a
 * shape is how an instruction looks at 128 bits, not something a value has.
 */
import { fail } from "../../../compiler/errors.ts";

/** Each value type with its byte in the binary format. */
export const valueTypes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** What a value of each type is called in JavaScript; vectors have no such name. */
export type Literal<T extends ValueType> = { i32: number; i64: bigint; f32: number; f64: number; v128: never }[T];

/** Each vector shape: how many lanes, and the scalar that goes into one. */
export const shapes = {
  i8x16: { lanes: 16, scalar: "i32" },
  i16x8: { lanes: 8, scalar: "i32" },
  i32x4: { lanes: 4, scalar: "i32" },
  i64x2: { lanes: 2, scalar: "i64" },
  f32x4: { lanes: 4, scalar: "f32" },
  f64x2: { lanes: 2, scalar: "f64" },
} as const;
export type Shape = keyof typeof shapes;
export const shapeNames: readonly Shape[] = Object.keys(shapes) as Shape[];
/** The number that fits a lane of a shape. */
export type LaneLiteral<S extends Shape> = Literal<(typeof shapes)[S]["scalar"]>;

/** `i32 f32`, as error messages and type keys show a list of types. */
export const showTypes = (types: readonly ValueType[]): string => types.join(" ");

/** A mistake in a kernel generator: never the fault of who called the library. */
export function reject(reason: string): never {
  return fail({ kind: "InternalError", phase: "the WebAssembly assembler", reason });
}

/** Refuses what is not a whole number from `least` to `most`. */
export const checkWhole = (what: string, value: number, least: number, most: number): number =>
  Number.isInteger(value) && value >= least && value <= most
    ? value
    : reject(`${what} must be a whole number from ${least} to ${most}, not ${value}`);
