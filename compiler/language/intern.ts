/**
 * Hash-consing: equal nodes are the same object, so that equality is identity, shared parts are compiled
 * once, and memo tables are keyed by node. Nodes are held weakly: the table does not keep images alive.
 */

/** What every interned node carries. Identifiers say nothing beyond which node it is. */
export interface Node {
  readonly id: number;
}

let next = 0;
const table = new Map<string, WeakRef<Node>>();
const sweeper = new FinalizationRegistry<string>((key) => {
  if (table.get(key)?.deref() === undefined) table.delete(key);
});

/** The one node with this structure; `key` must spell all of it, children by their `id`. */
export const intern = <T extends object>(key: string, build: () => T): T & Node => {
  const found = table.get(key)?.deref();
  if (found !== undefined) return found as T & Node;
  const node: T & Node = Object.freeze({ ...build(), id: next++ });
  table.set(key, new WeakRef(node));
  sweeper.register(node, key);
  return node;
};

const objectIds = new WeakMap<object, number>();

/** A number that stands for an object, such as an array of voxels, in keys. */
export const objectId = (object: object): number => {
  const known = objectIds.get(object);
  if (known !== undefined) return known;
  const id = next++;
  objectIds.set(object, id);
  return id;
};

/** Numbers spelled so that only equal ones (−0 and 0 apart) are spelled alike. */
export const spell = (numbers: readonly number[]): string =>
  numbers.map((n) => (Object.is(n, -0) ? "-0" : `${n}`)).join(",");
