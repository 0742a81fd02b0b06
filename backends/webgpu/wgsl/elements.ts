/**
 * How each dtype lies in a buffer of words and how kernels read and store it. Voxels cross the bus as they
 * are kept: small integers stay packed, and 64-bit numbers are pairs of words.
 */
import { type DType, dtypes } from "../../../compiler/language/voxels.ts";
import { type Format, formats } from "../formats.ts";
import type { HelperName } from "./library.ts";

/** What a body is computed in: float32, or the bits of voxels that are only moved. */
export type Domain = "real" | "bits";

/** Elements in a word of 32 bits; 1 where an element takes a word or two. */
export const perWord = (format: Format): 1 | 2 | 4 => {
  const { bytes } = formats[format];
  return bytes === 1 ? 4 : bytes === 2 ? 2 : 1;
};

/** The type of a variable that holds one element's bits. */
export const bitsType = (format: Format): "u32" | "vec2u" => (formats[format].bytes === 8 ? "vec2u" : "u32");

/** The type of a value of a body. */
export const valueType = (domain: Domain, format: Format): "f32" | "u32" | "vec2u" =>
  domain === "real" ? "f32" : bitsType(format);

/** The type of an item of a bound array. */
export const itemType = (domain: Domain, format: Format): "f32" | "u32" | "vec2u" =>
  domain === "real" && format === "float32" ? "f32" : bitsType(format);

type Use = (helper: HelperName) => HelperName;

const packed =
  (word: "i32" | "u32", shift: 1 | 2, bits: 8 | 16) =>
  (array: string): string => {
    const item = `${array}[at >> ${shift}u]`;
    return `f32(extractBits(${word === "i32" ? `bitcast<i32>(${item})` : item}, (at & ${32 / bits - 1}u) * ${bits}u, ${bits}u))`;
  };

/** The element at `at` as a float32; `unit` spells what a kept 1 stands for. */
const readReal: Readonly<Record<Format, (array: string, use: Use, unit: () => string) => string>> = {
  int8: packed("i32", 2, 8),
  uint8: packed("u32", 2, 8),
  int16: packed("i32", 1, 16),
  uint16: packed("u32", 1, 16),
  int32: (array) => `f32(bitcast<i32>(${array}[at]))`,
  uint32: (array) => `f32(${array}[at])`,
  int64: (array, use) => `${use("fromInt64")}(${array}[at])`,
  uint64: (array, use) => `${use("fromUint64")}(${array}[at])`,
  // In the language itself: unlike the type f16, it asks nothing of an adapter.
  float16: (array, _, unit) => `unpack2x16float(${array}[at >> 1u] >> ((at & 1u) * 16u)).x * ${unit()}`,
  float32: (array) => `${array}[at]`,
  float64: (array, use) => `${use("fromFloat64")}(${array}[at])`,
};

/** The element at `at`, as a float32 or as its bits. */
export const readElement = (domain: Domain, format: Format, array: string, use: Use, unit: () => string): string => {
  if (domain === "real") return readReal[format](array, use, unit);
  const count = perWord(format);
  if (count === 1) return `${array}[at]`;
  return `extractBits(${array}[at >> ${count === 4 ? 2 : 1}u], (at & ${count - 1}u) * ${32 / count}u, ${32 / count}u)`;
};

const small =
  (dtype: DType) =>
  (value: string, use: Use): string =>
    `${use("toSmall")}(${value}, ${dtypes[dtype].min}.0, ${dtypes[dtype].max}.0)`;

/** A float32 as the item to store, of which the lowest bits count; `perUnit` spells what a 1 is kept as. */
export const quantizeReal: Readonly<Record<Format, (value: string, use: Use, perUnit: () => string) => string>> = {
  int8: small("int8"),
  uint8: small("uint8"),
  int16: small("int16"),
  uint16: small("uint16"),
  int32: (value, use) => `${use("toInt32")}(${value})`,
  uint32: (value, use) => `${use("toUint32")}(${value})`,
  int64: (value, use) => `${use("toInt64")}(${value})`,
  uint64: (value, use) => `${use("toUint64")}(${value})`,
  float16: (value, use, perUnit) => `${use("toFloat16")}(${value} * ${perUnit()})`,
  float32: (value) => value,
  float64: (value, use) => `${use("toFloat64")}(${value})`,
};

/** The words of a number as an array of `dtype` holds it, quantized; the second is 0 up to 32 bits. */
export const wordsOf = (dtype: DType, quantized: number | bigint): readonly [number, number] => {
  const { array } = dtypes[dtype];
  const bytes = new ArrayBuffer(8);
  const view = new array(bytes, 0, 1);
  if (view instanceof BigInt64Array || view instanceof BigUint64Array) view[0] = BigInt(quantized);
  else view[0] = Number(quantized);
  const [low = 0, high = 0] = new Uint32Array(bytes);
  return [low, high];
};
