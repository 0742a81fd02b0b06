/**
 * What a finished module consists of, for the encoder and the text printer, and the names that both give to
 * what has none or not one of its own.
 */
import type { Callee, GlobalSlot, Instruction, Slot } from "./instruction.ts";

/** How large a memory is at first and may become, in pages of 64 KiB. A shared one must say how large. */
export type Limits =
  | { readonly initial: number; readonly maximum?: number; readonly shared?: false }
  | { readonly initial: number; readonly maximum: number; readonly shared: boolean };

export type MemoryParts = Limits & {
  readonly from?: { readonly module: string; readonly field: string };
  readonly exportAs?: string;
};

export interface ImportParts {
  readonly module: string;
  readonly field: string;
  readonly callee: Callee;
}

export interface FunctionParts {
  readonly callee: Callee;
  readonly exported: boolean;
  readonly body: { readonly instructions: readonly Instruction[]; readonly slots: readonly Slot[] };
}

export interface GlobalParts {
  readonly slot: GlobalSlot;
  readonly initial: number | bigint;
  readonly exported: boolean;
}

export interface ModuleParts {
  readonly name: string;
  readonly memory?: MemoryParts;
  readonly imports: readonly ImportParts[];
  readonly functions: readonly FunctionParts[];
  readonly globals: readonly GlobalParts[];
}

/** Names that the text format can print and that differ; what has no name is called by its number. */
export const identifiers = (names: readonly (string | undefined)[]): readonly string[] => {
  const taken = new Set<string>();
  return names.map((name, index) => {
    const plain = (name ?? `v${index}`).replaceAll(/[^\w.+\-*/<>=!?:&|~^%#@]/g, "_");
    let unique = plain;
    for (let copy = 2; taken.has(unique); copy++) unique = `${plain}_${copy}`;
    taken.add(unique);
    return unique;
  });
};

export const localIdentifiers = (slots: readonly Slot[]): readonly string[] =>
  identifiers(slots.map((slot) => slot.name));
