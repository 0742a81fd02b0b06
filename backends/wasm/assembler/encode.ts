/**
 * A module as bytes: the sections in the order of the binary format, with function types deduplicated, and a
 * name section, so that profiles and stack traces show kernels by name.
 */
import { ByteWriter } from "./bytes.ts";
import { type Indices, writeConstant, writeInstructions } from "./encode-instruction.ts";
import type { Callee, Constant } from "./instruction.ts";
import { type FunctionParts, type GlobalParts, localIdentifiers, type MemoryParts, type ModuleParts } from "./parts.ts";
import { showTypes, type ValueType, valueTypes } from "./types.ts";

const section = { type: 1, import: 2, function: 3, memory: 5, global: 6, export: 7, code: 10, custom: 0 } as const;
const external = { function: 0, memory: 2, global: 3 } as const;
const end = 0x0b;

export const encode = (module: ModuleParts): Uint8Array<ArrayBuffer> => {
  const { memory, imports, functions, globals } = module;
  // Imported functions have the first indices.
  const callees = [...imports, ...functions].map(({ callee }) => callee);
  const types = new Map(callees.map((callee) => [typeKey(callee), callee]));
  const keys = [...types.keys()];
  const typeIndex = (callee: Callee): number => keys.indexOf(typeKey(callee));
  const indices: Indices = {
    callee: (callee) => callees.indexOf(callee),
    global: (global) => globals.findIndex(({ slot }) => slot === global),
  };
  const out = new ByteWriter().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

  out.section(section.type, (w) => {
    w.vector([...types.values()], ({ params, results }) => {
      w.byte(0x60);
      writeTypes(w, params);
      writeTypes(w, results);
    });
  });
  const importedMemory = memory?.from === undefined ? [] : [{ ...memory.from, memory }];
  out.section(section.import, (w) => {
    w.vector([...importedMemory, ...imports], (item) => {
      w.name(item.module).name(item.field);
      if ("memory" in item) writeLimits(w.byte(external.memory), item.memory);
      else w.byte(external.function).u32(typeIndex(item.callee));
    });
  });
  out.section(section.function, (w) => {
    w.vector(functions, ({ callee }) => w.u32(typeIndex(callee)));
  });
  if (memory !== undefined && memory.from === undefined)
    out.section(section.memory, (w) => {
      w.vector([memory], (own) => writeLimits(w, own));
    });
  out.section(section.global, (w) => {
    w.vector(globals, ({ slot, initial }) => {
      w.byte(valueTypes[slot.type]).byte(slot.mutable ? 1 : 0);
      writeConstant(w, { type: slot.type, value: initial } as Constant);
      w.byte(end);
    });
  });
  out.section(section.export, (w) => {
    w.vector(exportsOf(module, indices), ({ name, kind, index }) => w.name(name).byte(kind).u32(index));
  });
  out.section(section.code, (w) => {
    w.vector(functions, (item) => w.sized((inner) => writeFunction(inner, item, indices)));
  });
  out.section(section.custom, (w) => writeNames(w.name("name"), module, callees));
  return out.finish();
};

const typeKey = ({ params, results }: Callee): string => `${showTypes(params)} -> ${showTypes(results)}`;

const writeTypes = (w: ByteWriter, types: readonly ValueType[]): void => {
  w.vector(types, (type) => w.byte(valueTypes[type]));
};

const writeLimits = (w: ByteWriter, { initial, maximum, shared }: MemoryParts): void => {
  w.byte((maximum === undefined ? 0 : 1) | (shared === true ? 2 : 0)).u32(initial);
  if (maximum !== undefined) w.u32(maximum);
};

const exportsOf = (
  { memory, functions, globals }: ModuleParts,
  indices: Indices,
): readonly { readonly name: string; readonly kind: number; readonly index: number }[] => [
  ...(memory?.exportAs === undefined ? [] : [{ name: memory.exportAs, kind: external.memory, index: 0 }]),
  ...functions
    .filter(({ exported }) => exported)
    .map(({ callee }) => ({ name: callee.name, kind: external.function, index: indices.callee(callee) })),
  ...globals
    .filter(({ exported }: GlobalParts) => exported)
    .map(({ slot }) => ({ name: slot.name, kind: external.global, index: indices.global(slot) })),
];

const writeFunction = (w: ByteWriter, { callee, body }: FunctionParts, indices: Indices): void => {
  const runs: { readonly type: ValueType; count: number }[] = [];
  for (const { type } of body.slots.slice(callee.params.length)) {
    const last = runs.at(-1);
    if (last?.type === type) last.count += 1;
    else runs.push({ type, count: 1 });
  }
  w.vector(runs, ({ type, count }) => w.u32(count).byte(valueTypes[type]));
  writeInstructions(w, body.instructions, indices);
  w.byte(end);
};

const writeNames = (w: ByteWriter, { name, imports, functions }: ModuleParts, callees: readonly Callee[]): void => {
  w.section(0, (inner) => inner.name(name));
  w.section(1, (inner) => {
    inner.vector(callees, (callee, index) => inner.u32(index).name(callee.name));
  });
  w.section(2, (inner) => {
    inner.vector(functions, ({ body }, index) => {
      inner.u32(imports.length + index);
      inner.vector(localIdentifiers(body.slots), (local, slot) => inner.u32(slot).name(local));
    });
  });
};
