/** How the values of options are written: numbers, lists of them, and words. */
import type { Vector3 } from "../../compiler/language/vector.ts";
import type { DType } from "../../compiler/language/voxels.ts";
import { dtypeNames } from "../../compiler/language/voxels.ts";
import { type Mend, mendings } from "../io/dicom/options.ts";
import type { OptionDefinition } from "./options.ts";
import type { Format } from "./usage.ts";

/** A finite decimal number; unlike `Number`, no hexadecimals and no empty text. */
export const readNumber = (text: string): number | undefined => {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
};

export const readNumbers = (text: string): readonly number[] | undefined => {
  const numbers = text.split(",").map(readNumber);
  return numbers.every((n) => n !== undefined) ? numbers : undefined;
};

export const readVector = (text: string): Vector3 | undefined => {
  const [x, y, z, ...rest] = readNumbers(text) ?? [];
  return x === undefined || y === undefined || z === undefined || rest.length > 0 ? undefined : [x, y, z];
};

/** Three numbers, or one for all axes. */
export const readVectorOrNumber = (text: string): Vector3 | undefined => {
  const one = readNumber(text);
  return one === undefined ? readVector(text) : [one, one, one];
};

export const readPair = (text: string): readonly [number, number] | undefined => {
  const [a, b, ...rest] = readNumbers(text) ?? [];
  return a === undefined || b === undefined || rest.length > 0 ? undefined : [a, b];
};

/** `vector` when all of its numbers are whole and at least `least`. */
export const whole = (vector: Vector3 | undefined, least: number): Vector3 | undefined =>
  vector?.every((n) => Number.isSafeInteger(n) && n >= least) ? vector : undefined;

export const positive = (vector: Vector3 | undefined): Vector3 | undefined =>
  vector?.every((n) => n > 0) ? vector : undefined;

/** The parts of a text around colons, when there are as many as allowed. */
export const readParts = (text: string, least: number, most: number): readonly string[] | undefined => {
  const parts = text.split(":");
  return parts.length >= least && parts.length <= most ? parts : undefined;
};

/** One of a few words. */
export const wordFormat = <W extends string>(words: readonly W[], example: W): Format<W> => ({
  expected: `one of ${words.join(", ")}`,
  example,
  read: (text) => words.find((word) => word === text),
});

export const dtypeFormat: Format<DType> = wordFormat(dtypeNames, "int16");

export const countFormat: Format<number> = {
  expected: "a whole number from 1",
  example: "4",
  read: (text) => {
    const n = readNumber(text);
    return n !== undefined && Number.isSafeInteger(n) && n >= 1 ? n : undefined;
  },
};

/** MiB on the command line, bytes in the program. */
export const memoryFormat: Format<number> = {
  expected: "a number of MiB over 0",
  example: "4096",
  read: (text) => {
    const n = readNumber(text);
    return n !== undefined && n > 0 ? Math.floor(n * 2 ** 20) : undefined;
  },
};

export const seedFormat: Format<number> = {
  expected: "a whole number",
  example: "7",
  read: (text) => {
    const n = readNumber(text);
    return n !== undefined && Number.isSafeInteger(n) ? n : undefined;
  },
};

export const sizeFormat: Format<Vector3> = {
  expected: "three whole numbers of voxels from 1",
  example: "256,256,180",
  read: (text) => whole(readVector(text), 1),
};

export const spacingFormat: Format<Vector3> = {
  expected: "three lengths in mm over 0, or one for all axes",
  example: "0.9,0.9,1.5",
  read: (text) => positive(readVectorOrNumber(text)),
};

export const mendFormat: Format<readonly Mend[]> = {
  expected: `some of ${mendings.join(", ")}, separated by commas`,
  example: "fill-missing",
  read: (text) => {
    const found = text.split(",").map((word) => mendings.find((mend) => mend === word));
    return found.every((mend) => mend !== undefined) ? found : undefined;
  },
};

export const textFormat: Format<string> = {
  expected: "some text",
  example: "TEXT",
  read: (text) => (text === "" ? undefined : text),
};

/** Which series of a folder, and what may be done to make a volume of it. */
export const seriesOptions: readonly OptionDefinition[] = [
  { name: "series", value: "UID", help: "The series to take from a folder of several." },
  {
    name: "mend",
    value: "HOW",
    help: `What may be done with slices that do not form one volume, nothing unless said: ${mendings.join(", ")}; several with commas between.`,
  },
];
