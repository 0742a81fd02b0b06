/** Voxels that stand in a file as text, turned into the bytes that a raw file would have. */
import { fail } from "../../compiler/errors.ts";
import { type DType, dtypes } from "../../compiler/language/voxels.ts";

/** No number that anybody writes is longer. */
const longestNumber = 1024;

const special: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  "-nan": Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "+inf": Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  "-infinity": Number.NEGATIVE_INFINITY,
};

const wrong = (path: string, token: string, dtype: DType): never =>
  fail({ kind: "MalformedFile", path, reason: `has ${JSON.stringify(token.slice(0, 40))} where a ${dtype} should be` });

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const numberOf = (token: string, dtype: DType, path: string): number => {
  const { integer, min, max } = dtypes[dtype];
  const value = decimal.test(token) ? Number(token) : integer ? undefined : special[token.toLowerCase()];
  if (value === undefined || (integer && !(Number.isInteger(value) && value >= min && value <= max)))
    return wrong(path, token, dtype);
  return value;
};

const encode = (tokens: readonly string[], dtype: DType, path: string): Uint8Array => {
  const array =
    dtype === "int64" || dtype === "uint64"
      ? new dtypes[dtype].array(tokens.length)
      : new dtypes[dtype].array(tokens.length);
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    const bits = dtype === "int64" ? BigInt.asIntN : BigInt.asUintN;
    tokens.forEach((token, k) => {
      const value = /^[+-]?\d{1,20}$/.test(token) ? BigInt(token.replace(/^\+/, "")) : wrong(path, token, dtype);
      array[k] = bits(64, value) === value ? value : wrong(path, token, dtype);
    });
  } else
    tokens.forEach((token, k) => {
      array[k] = numberOf(token, dtype, path);
    });
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
};

/** Decimal numbers with white space or commas between them, as little-endian bytes of `dtype`. */
export async function* bytesOfDecimals(
  pieces: AsyncIterable<Uint8Array>,
  dtype: DType,
  path: string,
): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder("latin1");
  let carried = "";
  for await (const piece of pieces) {
    const text = carried + decoder.decode(piece);
    const end = text.search(/[^\s,]*$/);
    carried = text.slice(end);
    if (carried.length > longestNumber) wrong(path, carried, dtype);
    const tokens = text.slice(0, end).match(/[^\s,]+/g);
    if (tokens !== null) yield encode(tokens, dtype, path);
  }
  if (carried !== "") yield encode([carried], dtype, path);
}

const nibbleOf = (code: number): number =>
  code >= 48 && code <= 57
    ? code - 48
    : code >= 97 && code <= 102
      ? code - 87
      : code >= 65 && code <= 70
        ? code - 55
        : -1;
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** Bytes of two hexadecimal digits each, with white space anywhere. */
export async function* bytesOfHex(pieces: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void> {
  let high = -1;
  for await (const piece of pieces) {
    const bytes = new Uint8Array(Math.ceil((piece.length + 1) / 2));
    let filled = 0;
    for (const code of piece) {
      if (isSpace(code)) continue;
      const nibble = nibbleOf(code);
      if (nibble < 0)
        fail({ kind: "MalformedFile", path, reason: `has the byte ${code} where a hexadecimal digit should be` });
      if (high < 0) high = nibble;
      else {
        bytes[filled++] = high * 16 + nibble;
        high = -1;
      }
    }
    yield bytes.subarray(0, filled);
  }
}
