/** Prints how a kernel reads an element of what it binds. */
import type { Kept } from "../formats.ts";
import { sourceNumbers } from "../kernel.ts";
import { type Domain, readElement, valueType } from "./elements.ts";
import type { Writing } from "./writing.ts";

/** The function that reads an element of source `binding`. */
export const readFunction = (binding: number, domain: Domain, { format, unit }: Kept, writing: Writing): string => {
  const array = `voxels${binding}`;
  const unitText = (): string => writing.numbers.set(`${array}Unit`, unit, "f32");
  return [
    `fn read${binding}(at: u32) -> ${valueType(domain, format)} {`,
    `  return ${readElement(domain, format, array, writing.use, unitText)};`,
    "}",
  ].join("\n");
};

/** The same, with the numbers that say which part of the source is bound. */
export const printRead = (binding: number, domain: Domain, kept: Kept, writing: Writing): string => {
  for (const name of Object.values(sourceNumbers(binding))) writing.numbers.set(name, 0);
  return readFunction(binding, domain, kept, writing);
};
