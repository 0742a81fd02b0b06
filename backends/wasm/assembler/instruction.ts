/**
 * One instruction as a value. Function bodies are flat lists of these; the checker, the encoder and the text
 * printer each read the same list, so that what is shown is what runs.
 */
import {
  type BulkName,
  bulk,
  type ExtractName,
  extract,
  type LaneLoadName,
  type LaneStoreName,
  type LoadName,
  laneLoad,
  laneStore,
  load,
  type PlainName,
  plain,
  type ReplaceName,
  replace,
  type Signature,
  type StoreName,
  store,
} from "./operations.ts";
import type { Shape, ValueType } from "./types.ts";

/** A local as the binary format knows it. */
export interface Slot {
  readonly type: ValueType;
  readonly index: number;
  readonly name: string | undefined;
}

/** Where a branch can go: the end of a block, the start of a loop. */
export interface Label {
  readonly name: string;
}

export interface Callee {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface GlobalSlot {
  readonly name: string;
  readonly type: ValueType;
  readonly mutable: boolean;
}

export type Constant =
  | { readonly type: "i32"; readonly value: number }
  | { readonly type: "i64"; readonly value: bigint }
  | { readonly type: "f32"; readonly value: number }
  | { readonly type: "f64"; readonly value: number }
  | { readonly type: "v128"; readonly shape: Shape; readonly lanes: readonly (number | bigint)[] };

export type Instruction =
  | { readonly kind: "plain"; readonly name: PlainName }
  | { readonly kind: "const"; readonly value: Constant }
  | { readonly kind: "load"; readonly name: LoadName; readonly offset: number }
  | { readonly kind: "store"; readonly name: StoreName; readonly offset: number }
  | { readonly kind: "laneLoad"; readonly name: LaneLoadName; readonly offset: number; readonly lane: number }
  | { readonly kind: "laneStore"; readonly name: LaneStoreName; readonly offset: number; readonly lane: number }
  | { readonly kind: "extract"; readonly name: ExtractName; readonly lane: number }
  | { readonly kind: "replace"; readonly name: ReplaceName; readonly lane: number }
  | { readonly kind: "shuffle"; readonly lanes: readonly number[] }
  | { readonly kind: "bulk"; readonly name: BulkName }
  | { readonly kind: "local"; readonly name: "local.get" | "local.set" | "local.tee"; readonly local: Slot }
  | { readonly kind: "global"; readonly name: "global.get" | "global.set"; readonly global: GlobalSlot }
  | {
      readonly kind: "open";
      readonly name: "block" | "loop" | "if";
      readonly label: Label;
      readonly result?: ValueType;
    }
  | { readonly kind: "else" }
  | { readonly kind: "end" }
  | { readonly kind: "branch"; readonly name: "br" | "br_if"; readonly label: Label }
  | { readonly kind: "return"; readonly results: readonly ValueType[] }
  | { readonly kind: "unreachable" }
  | { readonly kind: "polymorphic"; readonly name: "drop" | "select"; readonly type: ValueType }
  | { readonly kind: "call"; readonly callee: Callee }
  /** No instruction at all: a line for those who read the text. */
  | { readonly kind: "comment"; readonly text: string };

export const mnemonic = (instruction: Instruction): string => {
  switch (instruction.kind) {
    case "const":
      return `${instruction.value.type}.const`;
    case "shuffle":
      return "i8x16.shuffle";
    case "call":
      return `call $${instruction.callee.name}`;
    case "else":
    case "end":
    case "return":
    case "unreachable":
    case "comment":
      return instruction.kind;
    default:
      return instruction.name;
  }
};

const nothing: Signature = { pops: [], pushes: [] };

/** What an instruction takes and leaves by itself; what blocks leave at their end is the checker's affair. */
export const signatureOf = (instruction: Instruction): Signature => {
  switch (instruction.kind) {
    case "plain":
      return plain[instruction.name];
    case "const":
      return { pops: [], pushes: [instruction.value.type] };
    case "load":
      return load[instruction.name];
    case "store":
      return store[instruction.name];
    case "laneLoad":
      return laneLoad[instruction.name];
    case "laneStore":
      return laneStore[instruction.name];
    case "extract":
      return extract[instruction.name];
    case "replace":
      return replace[instruction.name];
    case "shuffle":
      return { pops: ["v128", "v128"], pushes: ["v128"] };
    case "bulk":
      return bulk[instruction.name];
    case "local":
      return variable(instruction.name, instruction.local.type);
    case "global":
      return variable(instruction.name, instruction.global.type);
    case "open":
      return instruction.name === "if" ? { pops: ["i32"], pushes: [] } : nothing;
    case "branch":
      return instruction.name === "br_if" ? { pops: ["i32"], pushes: [] } : nothing;
    case "return":
      return { pops: instruction.results, pushes: [] };
    case "polymorphic": {
      const { name, type } = instruction;
      return name === "drop" ? { pops: [type], pushes: [] } : { pops: [type, type, "i32"], pushes: [type] };
    }
    case "call":
      return { pops: instruction.callee.params, pushes: instruction.callee.results };
    case "else":
    case "end":
    case "unreachable":
    case "comment":
      return nothing;
  }
};

const variable = (name: string, type: ValueType): Signature => ({
  pops: name.endsWith(".get") ? [] : [type],
  pushes: name.endsWith(".set") ? [] : [type],
});

/** Whether an instruction is valid only in a module with a memory. */
export const needsMemory = ({ kind }: Instruction): boolean =>
  kind === "load" || kind === "store" || kind === "laneLoad" || kind === "laneStore" || kind === "bulk";
