/**
 * A module while it is being built: its memory, imports, globals and functions, in any order, and at the end
 * its bytes or its text.
 */
import { Body } from "./body.ts";
import type { Operand } from "./code.ts";
import { type AnyOperand, Local, push } from "./code.ts";
import { encode } from "./encode.ts";
import {
  type Func,
  type FunctionBuilder,
  functionBuilder,
  type Global,
  type Locals,
  type Params,
  type Results,
} from "./function.ts";
import type { Callee } from "./instruction.ts";
import type { GlobalParts, ImportParts, Limits, MemoryParts, ModuleParts } from "./parts.ts";
import { checkWhole, type Literal, reject, type ValueType } from "./types.ts";

/** What the builder of a function ends with: its results, several as `[a, b] as const`. */
export type Returned<R extends Results> = R extends readonly []
  ? // biome-ignore lint/suspicious/noConfusingVoidType: builders return this, and may end with a statement
    void
  : R extends readonly [infer T extends ValueType]
    ? Operand<T>
    : { readonly [K in keyof R]: Operand<R[K]> };

export type Build<P extends Params, R extends Results> = (f: FunctionBuilder, parameters: Locals<P>) => Returned<R>;

/** 4 GiB: what addresses of 32 bits reach. */
const mostPages = 65536;

export class ModuleBuilder {
  private readonly name: string;
  private readonly imports: ImportParts[] = [];
  private readonly functions: ModuleParts["functions"][number][] = [];
  private readonly globals: GlobalParts[] = [];
  private memoryParts: MemoryParts | undefined;

  /** The name is for profiles and for the text. */
  constructor(name: string = "kernels") {
    this.name = name;
  }

  /** Sizes are in pages of 64 KiB. */
  importMemory(module: string, field: string, limits: Limits): void {
    this.setMemory({ ...limits, from: { module, field } });
  }

  /** A memory of the module's own. */
  memory(limits: Limits, exportAs?: string): void {
    this.setMemory({ ...limits, ...(exportAs === undefined ? {} : { exportAs }) });
  }

  importFunc<const P extends Params, const R extends Results>(
    module: string,
    field: string,
    params: P,
    results: R,
  ): Func<P, R> {
    const callee = this.callee(field, params, results);
    this.imports.push({ module, field, callee });
    return callee;
  }

  /** A function that is exported by its name. Its results are what `build` returns. */
  func<const P extends Params, const R extends Results>(
    name: string,
    params: P,
    results: R,
    build: Build<P, R>,
  ): Func<P, R> {
    return this.add(name, params, results, build, true);
  }

  /** A function for the others of this module only. */
  helper<const P extends Params, const R extends Results>(
    name: string,
    params: P,
    results: R,
    build: Build<P, R>,
  ): Func<P, R> {
    return this.add(name, params, results, build, false);
  }

  /** A number that all functions share. */
  global<T extends Exclude<ValueType, "v128">>(
    name: string,
    type: T,
    initial: Literal<T>,
    options: { readonly mutable?: boolean; readonly export?: boolean } = {},
  ): Global<T> {
    if (this.globals.some((other) => other.slot.name === name)) reject(`there are two globals ${name}`);
    const slot: Global<T> = { name, type, mutable: options.mutable ?? false };
    this.globals.push({ slot, initial, exported: options.export ?? false });
    return slot;
  }

  encode(): Uint8Array<ArrayBuffer> {
    return encode(this.parts());
  }

  private add<P extends Params, R extends Results>(
    name: string,
    params: P,
    results: R,
    build: Build<P, R>,
    exported: boolean,
  ): Func<P, R> {
    const callee = this.callee(name, params, results);
    const body = new Body(name, results, {
      hasMemory: () => this.memoryParts !== undefined,
      hasCallee: (other) => this.callees().includes(other),
      hasGlobal: (global) => this.globals.some(({ slot }) => slot === global),
    });
    const locals = Object.entries(params).map(([key, type]) => [
      key,
      new Local(body, type, body.allocate(type, key), "set"),
    ]);
    const returned = build(functionBuilder(body), Object.fromEntries(locals) as Locals<P>);
    const values = (results.length === 1 ? [returned] : (returned ?? [])) as readonly AnyOperand[];
    results.forEach((type, k) => {
      push(body, type, values[k]);
    });
    body.finish();
    this.functions.push({ callee, exported, body });
    return callee;
  }

  private callee<P extends Params, R extends Results>(name: string, params: P, results: R): Func<P, R> {
    if (this.callees().some((other) => other.name === name)) reject(`there are two functions ${name}`);
    // JavaScript sorts such keys to the front, which would reorder the parameters.
    const number = Object.keys(params).find((key) => /^\d+$/.test(key));
    if (number !== undefined) reject(`${name}: a parameter cannot be called ${number}`);
    return { name, params: Object.values(params), results, signature: { params, results } };
  }

  private callees(): readonly Callee[] {
    return [...this.imports, ...this.functions].map(({ callee }) => callee);
  }

  private setMemory(memory: MemoryParts): void {
    if (this.memoryParts !== undefined) reject("a module has one memory");
    checkWhole("the initial size of a memory", memory.initial, 0, mostPages);
    if (memory.maximum !== undefined)
      checkWhole("the maximum size of a memory", memory.maximum, memory.initial, mostPages);
    this.memoryParts = memory;
  }

  /** What the module consists of so far. */
  parts(): ModuleParts {
    const { name, imports, functions, globals, memoryParts } = this;
    return { name, imports, functions, globals, ...(memoryParts === undefined ? {} : { memory: memoryParts }) };
  }
}
