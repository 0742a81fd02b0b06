/**
 * The tables, read: each instruction's code and signature by its name, on the level of values for checking and
 * encoding, and on the level of types for the methods that kernels are written with.
 */
import { extracts, replaces } from "./tables/lanes.ts";
import { laneLoads, laneStores, loads, stores } from "./tables/memory.ts";
import { numeric } from "./tables/numeric.ts";
import { simd } from "./tables/simd.ts";
import { type Shape, shapes, type ValueType } from "./types.ts";

/** What an instruction takes from the stack, last on top, and what it leaves there. */
export interface Signature {
  readonly pops: readonly ValueType[];
  readonly pushes: readonly ValueType[];
}

export interface Operation extends Signature {
  readonly code: number;
}
export interface MemoryOperation extends Operation {
  /** Bytes that are read or written. */
  readonly width: number;
}
export interface LaneOperation extends Operation {
  readonly lanes: number;
}

/** A signature as the tables write it. */
export type SignatureText =
  | `${ValueType} -> ${ValueType}`
  | `${ValueType} ${ValueType} -> ${ValueType}`
  | "v128 v128 v128 -> v128";

/** Pairs of name and group, for every row of a table of groups. */
type Rows<Table> = {
  [Group in keyof Table]: { [Name in keyof Table[Group]]: readonly [Name, Group] }[keyof Table[Group]];
}[keyof Table];

export type PlainRow = Rows<typeof numeric> | Rows<typeof simd>;
export type LoadRow = Rows<typeof loads>;
export type StoreRow = Rows<typeof stores>;
export type ExtractRow = Rows<typeof extracts>;
export type ReplaceRow = Rows<typeof replaces>;

export type PlainName = PlainRow[0];
export type LoadName = LoadRow[0];
export type StoreName = StoreRow[0];
export type LaneLoadName = keyof typeof laneLoads;
export type LaneStoreName = keyof typeof laneStores;
export type ExtractName = ExtractRow[0];
export type ReplaceName = ReplaceRow[0];

/** The operation of each row of a table of groups. `read` turns what is in the row into it. */
const gather = <Name extends string, Group extends string, Cell, Op>(
  table: Readonly<Partial<Record<Group, Readonly<Partial<Record<Name, Cell>>>>>>,
  read: (cell: Cell, group: Group, name: Name) => Op,
): Readonly<Record<Name, Op>> => {
  const rows = (Object.keys(table) as Group[]).flatMap((group) =>
    Object.entries(table[group] ?? {}).map(([name, cell]) => [name, read(cell as Cell, group, name as Name)]),
  );
  // Every name of the union comes from a row, so the record is complete.
  return Object.fromEntries(rows) as Record<Name, Op>;
};

const typesIn = (text: string | undefined): readonly ValueType[] => (text?.split(" ") ?? []) as ValueType[];
const plainOperation = (code: number, signature: SignatureText): Operation => {
  const [pops, pushes] = signature.split(" -> ");
  return { code, pops: typesIn(pops), pushes: typesIn(pushes) };
};
const lanesOf = (name: string): number => shapes[name.slice(0, name.indexOf(".")) as Shape].lanes;

type Cell = readonly [code: number, width: number];

export const plain: Readonly<Record<PlainName, Operation>> = {
  ...gather<Rows<typeof numeric>[0], keyof typeof numeric, number, Operation>(numeric, plainOperation),
  ...gather<Rows<typeof simd>[0], keyof typeof simd, number, Operation>(simd, plainOperation),
};

export const load: Readonly<Record<LoadName, MemoryOperation>> = gather<LoadName, ValueType, Cell, MemoryOperation>(
  loads,
  ([code, width], type) => ({ code, width, pops: ["i32"], pushes: [type] }),
);

export const store: Readonly<Record<StoreName, MemoryOperation>> = gather<StoreName, ValueType, Cell, MemoryOperation>(
  stores,
  ([code, width], type) => ({ code, width, pops: ["i32", type], pushes: [] }),
);

type LaneMemory = MemoryOperation & LaneOperation;

export const laneLoad: Readonly<Record<LaneLoadName, LaneMemory>> = gather<LaneLoadName, "v128", Cell, LaneMemory>(
  { v128: laneLoads },
  ([code, width]) => ({ code, width, lanes: 16 / width, pops: ["i32", "v128"], pushes: ["v128"] }),
);

export const laneStore: Readonly<Record<LaneStoreName, LaneMemory>> = gather<LaneStoreName, "v128", Cell, LaneMemory>(
  { v128: laneStores },
  ([code, width]) => ({ code, width, lanes: 16 / width, pops: ["i32", "v128"], pushes: [] }),
);

type Scalar = keyof typeof extracts;

export const extract: Readonly<Record<ExtractName, LaneOperation>> = gather<ExtractName, Scalar, number, LaneOperation>(
  extracts,
  (code, type, name) => ({ code, lanes: lanesOf(name), pops: ["v128"], pushes: [type] }),
);

export const replace: Readonly<Record<ReplaceName, LaneOperation>> = gather<ReplaceName, Scalar, number, LaneOperation>(
  replaces,
  (code, type, name) => ({ code, lanes: lanesOf(name), pops: ["v128", type], pushes: ["v128"] }),
);

/** The few instructions about memory as a whole; `immediates` are the indices of the one memory there is. */
export const bulk = {
  "memory.size": { code: 0x3f, immediates: [0], pops: [], pushes: ["i32"] },
  "memory.grow": { code: 0x40, immediates: [0], pops: ["i32"], pushes: ["i32"] },
  "memory.copy": { code: 0xfc0a, immediates: [0, 0], pops: ["i32", "i32", "i32"], pushes: [] },
  "memory.fill": { code: 0xfc0b, immediates: [0], pops: ["i32", "i32", "i32"], pushes: [] },
} as const;
export type BulkName = keyof typeof bulk;
