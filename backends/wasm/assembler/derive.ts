/**
 * The instructions as methods: the functions, made by looping over the tables that the types map over. Operands
 * are checked when an expression is made, so that a mistake shows on the generator's own line.
 */
import type { Body } from "./body.ts";
import { type AnyOperand, type Code, code, codeOnce, lift } from "./code.ts";
import type { Instruction } from "./instruction.ts";
import type { MemoryMethods, Methods } from "./methods.ts";
import { extract, laneLoad, laneStore, load, plain, replace, type Signature, store } from "./operations.ts";
import { checkWhole, type Shape, shapeNames, shapes, type ValueType, valueTypes } from "./types.ts";

type Operands = readonly (AnyOperand | undefined)[];

const entries = <K extends string, V>(record: Readonly<Record<K, V>>): readonly (readonly [K, V])[] =>
  Object.entries(record) as [K, V][];

export const methods = (body: Body): Methods => {
  const all: Record<string, Record<string, unknown>> = {};
  for (const name of [...Object.keys(valueTypes), ...shapeNames, "memory"]) all[name] = {};
  const define = (fullName: string, method: unknown): void => {
    const [namespace = "", name = ""] = fullName.split(".");
    (all[namespace] ?? body.refuse(`no methods go by ${namespace}`))[name] = method;
  };

  /** The operands, then the instruction. */
  const sequence = (instruction: Instruction, { pops }: Signature, operands: Operands): (() => void) => {
    const lifted = pops.map((type, k) => lift(body, type, operands[k]));
    return () => {
      for (const operand of lifted) operand.emit();
      body.emit(instruction);
    };
  };
  const value = (instruction: Instruction, signature: Signature, operands: Operands): Code<ValueType> => {
    const [type = body.refuse("an instruction without result is used as a value")] = signature.pushes;
    return code(body, type, sequence(instruction, signature, operands));
  };
  const offsetOf = (name: string, offset: number): number =>
    checkWhole(`${body.name}: the offset of ${name}`, offset, 0, 2 ** 32 - 1);
  const laneOf = (name: string, lane: number, lanes: number): number =>
    checkWhole(`${body.name}: the lane of ${name}`, lane, 0, lanes - 1);

  for (const [name, operation] of entries(plain))
    define(name, (...operands: Operands) => value({ kind: "plain", name }, operation, operands));
  for (const [name, operation] of entries(load))
    define(name, (address: AnyOperand, offset = 0) =>
      value({ kind: "load", name, offset: offsetOf(name, offset) }, operation, [address]),
    );
  for (const [name, operation] of entries(store))
    define(name, (address: AnyOperand, stored: AnyOperand, offset = 0) =>
      sequence({ kind: "store", name, offset: offsetOf(name, offset) }, operation, [address, stored])(),
    );
  for (const [name, operation] of entries(laneLoad))
    define(name, (address: AnyOperand, vector: AnyOperand, lane: number, offset = 0) => {
      const at = { offset: offsetOf(name, offset), lane: laneOf(name, lane, operation.lanes) };
      return value({ kind: "laneLoad", name, ...at }, operation, [address, vector]);
    });
  for (const [name, operation] of entries(laneStore))
    define(name, (address: AnyOperand, vector: AnyOperand, lane: number, offset = 0) => {
      const at = { offset: offsetOf(name, offset), lane: laneOf(name, lane, operation.lanes) };
      sequence({ kind: "laneStore", name, ...at }, operation, [address, vector])();
    });
  for (const [name, operation] of entries(extract))
    define(name, (vector: AnyOperand, lane: number) =>
      value({ kind: "extract", name, lane: laneOf(name, lane, operation.lanes) }, operation, [vector]),
    );
  for (const [name, operation] of entries(replace))
    define(name, (vector: AnyOperand, lane: number, scalar: AnyOperand) =>
      value({ kind: "replace", name, lane: laneOf(name, lane, operation.lanes) }, operation, [vector, scalar]),
    );
  for (const type of ["i32", "i64", "f32", "f64"] as const)
    define(`${type}.const`, (number: number | bigint) => lift(body, type, number));
  for (const shape of shapeNames) {
    define(`${shape}.const`, (lanes: readonly (number | bigint)[]) => vectorConstant(body, shape, lanes));
    define(`${shape}.shuffle`, (a: AnyOperand, b: AnyOperand, lanes: readonly number[]) => {
      const bytes = bytesOfShuffle(body, shape, lanes);
      return value({ kind: "shuffle", lanes: bytes }, { pops: ["v128", "v128"], pushes: ["v128"] }, [a, b]);
    });
  }
  for (const [name, method] of entries(memoryMethods(body))) define(`memory.${name}`, method);
  // Each namespace was filled from the tables that its type maps over.
  return all as Methods;
};

const vectorConstant = (body: Body, shape: Shape, lanes: readonly (number | bigint)[]): Code<"v128"> => {
  const { lanes: count, scalar } = shapes[shape];
  if (lanes.length !== count) body.refuse(`${shape}.const takes ${count} lanes, not ${lanes.length}`);
  const bits = shape === "i8x16" ? 8 : shape === "i16x8" ? 16 : 32;
  for (const lane of lanes) {
    if (typeof lane !== (scalar === "i64" ? "bigint" : "number"))
      body.refuse(`${shape}.const takes lanes of ${scalar}, not the ${typeof lane} ${lane}`);
    if (scalar === "i32")
      checkWhole(`${body.name}: a lane of ${shape}.const`, Number(lane), -(2 ** (bits - 1)), 2 ** bits - 1);
  }
  return code(body, "v128", () => body.emit({ kind: "const", value: { type: "v128", shape, lanes } }));
};

/** The one shuffle there is moves bytes; a lane of four is four bytes in a row. */
const bytesOfShuffle = (body: Body, shape: Shape, lanes: readonly number[]): readonly number[] => {
  const count = shapes[shape].lanes;
  if (lanes.length !== count) body.refuse(`${shape}.shuffle takes ${count} lanes, not ${lanes.length}`);
  const width = 16 / count;
  return lanes.flatMap((lane) => {
    checkWhole(`${body.name}: a lane of ${shape}.shuffle`, lane, 0, 2 * count - 1);
    return Array.from({ length: width }, (_, k) => lane * width + k);
  });
};

const memoryMethods = (body: Body): MemoryMethods => {
  const three =
    (name: "memory.copy" | "memory.fill"): MemoryMethods["copy"] =>
    (...operands) => {
      const lifted = operands.map((operand) => lift(body, "i32", operand));
      for (const operand of lifted) operand.emit();
      body.emit({ kind: "bulk", name });
    };
  return {
    size: () => code(body, "i32", () => body.emit({ kind: "bulk", name: "memory.size" })),
    grow: (pages) => {
      const lifted = lift(body, "i32", pages);
      return codeOnce(body, "i32", "memory.grow", () => {
        lifted.emit();
        body.emit({ kind: "bulk", name: "memory.grow" });
      });
    },
    copy: three("memory.copy"),
    fill: three("memory.fill"),
  };
};
