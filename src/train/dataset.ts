/** Where samples come from: a number of them, and a way to load each. */

export interface Dataset<T> {
  /** How many samples there are. */
  readonly length: number;
  /** Loads sample `index`, from 0; called again for each epoch, so what shall stay in memory is kept by the caller. */
  readonly load: (index: number) => T | Promise<T>;
  /** What a sample is called where it fails. */
  readonly name: (index: number) => string;
}

/** How to call an item: strings, such as paths, by themselves. */
const nameOf = (item: unknown, index: number): string => (typeof item === "string" ? item : `${index}`);

/** A sample for each item, such as a path or a record of paths. */
export const datasetOf = <I, T>(
  items: readonly I[],
  load: (item: I) => T | Promise<T>,
  name: (item: I, index: number) => string = nameOf,
): Dataset<T> => ({
  length: items.length,
  // The loader asks for indices below the length only.
  load: (index) => load(items[index] as I),
  name: (index) => name(items[index] as I, index),
});
