/** Instructions as bytes: the code from the tables, then the immediates that its kind has. */
import type { ByteWriter } from "./bytes.ts";
import type { Callee, Constant, GlobalSlot, Instruction, Label } from "./instruction.ts";
import { bulk, extract, laneLoad, laneStore, load, plain, replace, store } from "./operations.ts";
import { type Shape, shapes, valueTypes } from "./types.ts";

/** Where functions and globals stand in the finished module. */
export interface Indices {
  readonly callee: (callee: Callee) => number;
  readonly global: (global: GlobalSlot) => number;
}

const structured = { block: 0x02, loop: 0x03, if: 0x04 } as const;
const branches = { br: 0x0c, br_if: 0x0d } as const;
const polymorphic = { drop: 0x1a, select: 0x1b } as const;
const variables = {
  "local.get": 0x20,
  "local.set": 0x21,
  "local.tee": 0x22,
  "global.get": 0x23,
  "global.set": 0x24,
} as const;
const constants = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44, v128: 0xfd0c } as const;
const noResult = 0x40;

export const writeInstructions = (w: ByteWriter, instructions: readonly Instruction[], indices: Indices): void => {
  const open: Label[] = [];
  for (const instruction of instructions) {
    if (instruction.kind === "open") open.push(instruction.label);
    if (instruction.kind === "end") open.pop();
    writeInstruction(w, instruction, indices, open);
  }
};

const writeInstruction = (w: ByteWriter, i: Instruction, indices: Indices, open: readonly Label[]): void => {
  switch (i.kind) {
    case "plain":
      writeCode(w, plain[i.name].code);
      return;
    case "const":
      writeConstant(w, i.value);
      return;
    case "load":
    case "store": {
      const { code, width } = i.kind === "load" ? load[i.name] : store[i.name];
      writeAddress(writeCode(w, code), width, i.offset);
      return;
    }
    case "laneLoad":
    case "laneStore": {
      const { code, width } = i.kind === "laneLoad" ? laneLoad[i.name] : laneStore[i.name];
      writeAddress(writeCode(w, code), width, i.offset).byte(i.lane);
      return;
    }
    case "extract":
      writeCode(w, extract[i.name].code).byte(i.lane);
      return;
    case "replace":
      writeCode(w, replace[i.name].code).byte(i.lane);
      return;
    case "shuffle":
      writeCode(w, 0xfd0d).bytes(i.lanes);
      return;
    case "bulk":
      writeCode(w, bulk[i.name].code).bytes(bulk[i.name].immediates);
      return;
    case "local":
      w.byte(variables[i.name]).u32(i.local.index);
      return;
    case "global":
      w.byte(variables[i.name]).u32(indices.global(i.global));
      return;
    case "open":
      w.byte(structured[i.name]).byte(i.result === undefined ? noResult : valueTypes[i.result]);
      return;
    case "branch":
      // Branches count blocks from the inside.
      w.byte(branches[i.name]).u32(open.length - 1 - open.lastIndexOf(i.label));
      return;
    case "polymorphic":
      w.byte(polymorphic[i.name]);
      return;
    case "call":
      w.byte(0x10).u32(indices.callee(i.callee));
      return;
    case "unreachable":
      w.byte(0x00);
      return;
    case "else":
      w.byte(0x05);
      return;
    case "end":
      w.byte(0x0b);
      return;
    case "return":
      w.byte(0x0f);
      return;
    case "comment":
      return;
  }
};

export const writeConstant = (w: ByteWriter, constant: Constant): void => {
  writeCode(w, constants[constant.type]);
  switch (constant.type) {
    case "i32":
      w.s32(constant.value);
      return;
    case "i64":
      w.s64(constant.value);
      return;
    case "f32":
      w.f32(constant.value);
      return;
    case "f64":
      w.f64(constant.value);
      return;
    case "v128":
      for (const lane of constant.lanes) writeLane(w, constant.shape, lane);
      return;
  }
};

const writeLane = (w: ByteWriter, shape: Shape, lane: number | bigint): void => {
  if (shape === "f32x4") w.f32(Number(lane));
  else if (shape === "f64x2") w.f64(Number(lane));
  else {
    const bytes = 16 / shapes[shape].lanes;
    const bits = BigInt.asUintN(8 * bytes, BigInt(lane));
    for (let k = 0; k < bytes; k++) w.byte(Number((bits >> BigInt(8 * k)) & 0xffn));
  }
};

/** A code above 0xff is a prefix and a number in LEB128. */
const writeCode = (w: ByteWriter, code: number): ByteWriter =>
  code > 0xff ? w.byte(code >> 8).u32(code & 0xff) : w.byte(code);

/** The alignment is a promise that costs nothing to break; the natural one is what engines expect. */
const writeAddress = (w: ByteWriter, width: number, offset: number): ByteWriter => w.u32(Math.log2(width)).u32(offset);
