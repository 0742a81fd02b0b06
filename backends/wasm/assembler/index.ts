/** The assembler, for the code generators of the WebAssembly backend. */
export type { AnyCode, Code, Local, Operand } from "./code.ts";
export type { Arguments, Func, FunctionBuilder, Global, Locals, Params, Results } from "./function.ts";
export type { Instruction, Label } from "./instruction.ts";
export { type Build, ModuleBuilder } from "./module.ts";
export type { Limits } from "./parts.ts";
export { supportsSimd, supportsThreads } from "./probe.ts";
export { toText } from "./text.ts";
export type { Shape, ValueType } from "./types.ts";
