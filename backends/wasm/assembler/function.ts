/**
 * What a kernel is written with: the instructions as methods, and the statements that give them order, that is
 * locals, blocks, loops, branches and calls. Blocks are scopes: a local made inside one ends with it.
 */
import type { Body } from "./body.ts";
import { type AnyCode, type AnyOperand, type Code, code, codeOnce, Local, lift, type Operand, push } from "./code.ts";
import { methods } from "./derive.ts";
import type { Callee, GlobalSlot, Instruction, Label } from "./instruction.ts";
import type { Methods } from "./methods.ts";
import { reject, type ValueType } from "./types.ts";

/** Parameters by name, in order. */
export type Params = Readonly<Record<string, ValueType>>;
export type Results = readonly ValueType[];

/** A function that can be called. */
export interface Func<P extends Params, R extends Results> extends Callee {
  readonly signature: { readonly params: P; readonly results: R };
}

export interface Global<T extends ValueType> extends GlobalSlot {
  readonly type: T;
}

export type Locals<P extends Params> = { readonly [K in keyof P]: Local<P[K]> };
export type Arguments<P extends Params> = { readonly [K in keyof P]: Operand<P[K]> };
/** What a call gives: nothing, an expression, or locals that hold the several results. */
export type Called<R extends Results> = R extends readonly []
  ? undefined
  : R extends readonly [infer T extends ValueType]
    ? Code<T>
    : { readonly [K in keyof R]: Local<R[K]> };

export type FunctionBuilder = Statements & Methods;

type Then = () => void;

export class Statements {
  private readonly body: Body;
  private readonly scopes: Local<ValueType>[][] = [[]];
  private labels = 0;

  constructor(body: Body) {
    this.body = body;
  }

  /** A local for the rest of the block. It must be set before it is read. */
  local<T extends ValueType>(type: T, name?: string): Local<T> {
    return this.declare(new Local(this.body, type, this.body.allocate(type, name), "unset"));
  }

  /** Computes an expression now, into a fresh local, which can be read at little cost and set again. */
  keep<T extends ValueType>(value: Code<T>, name?: string): Local<T> {
    const kept = this.local(value.type, name);
    kept.set(value as Operand<T>);
    return kept;
  }

  /** Ends a local before its block does. */
  release(local: Local<ValueType>): void {
    // Released in a loop, a local from outside would be overwritten before the next round reads it.
    if (!this.scopes.at(-1)?.includes(local)) this.body.refuse(`${local.title} is released outside of its own block`);
    local.retire();
  }

  /** Locals that are made in `then` end with it. */
  scope<T>(then: () => T): T {
    const locals: Local<ValueType>[] = [];
    this.scopes.push(locals);
    const result = then();
    this.scopes.pop();
    for (const local of locals) if (!local.isReleased) local.retire();
    return result;
  }

  block(then: (leave: Label) => void): void {
    this.nest("block", "leave", then);
  }

  /** Runs once, unless a branch to `again` starts the next round. */
  loop(then: (again: Label) => void): void {
    this.nest("loop", "again", then);
  }

  if(condition: Operand<"i32">, then: (leave: Label) => void, otherwise?: Then): void {
    push(this.body, "i32", condition);
    this.nest("if", "leave", then, otherwise);
  }

  /** One of two expressions; only that one is computed. Statements may come before each. */
  ifElse<T extends ValueType>(
    type: T,
    condition: Operand<"i32">,
    then: () => Operand<T>,
    otherwise: () => Operand<T>,
  ): Code<T> {
    const lifted = lift(this.body, "i32", condition);
    return code(this.body, type, () => {
      lifted.emit();
      this.body.emit({ kind: "open", name: "if", label: this.label("leave"), result: type });
      this.scope(() => push(this.body, type, then()));
      this.body.emit({ kind: "else" });
      this.scope(() => push(this.body, type, otherwise()));
      this.body.emit({ kind: "end" });
    });
  }

  /** One of two expressions without a branch: both are computed. */
  select<T extends ValueType>(condition: Operand<"i32">, then: Code<T>, otherwise: Code<T>): Code<T> {
    const { type } = then;
    const operands = [lift(this.body, type, then), lift(this.body, type, otherwise), lift(this.body, "i32", condition)];
    return code(this.body, type, () => {
      for (const operand of operands) operand.emit();
      this.body.emit({ kind: "polymorphic", name: "select", type });
    });
  }

  while(condition: Operand<"i32">, then: (leave: Label) => void): void {
    push(this.body, "i32", condition);
    this.nest("if", "leave", (leave) =>
      this.loop((again) => {
        this.scope(() => then(leave));
        push(this.body, "i32", condition);
        this.branch("br_if", again);
      }),
    );
  }

  /**
   * Counts `i` from `from` up to but not including `to`, as signed numbers; with a negative number as `step`,
   * down to but not including `to`. A step that is an expression counts up. Bounds are computed once, but one
   * that is a local is read anew each round. `i` must not come within a step of ±2³¹.
   */
  forRange(
    i: Local<"i32">,
    from: Operand<"i32">,
    to: Operand<"i32">,
    step: Operand<"i32">,
    then: (leave: Label) => void,
  ): void {
    const { body } = this;
    if (step === 0) body.refuse("forRange cannot have step 0");
    const down = typeof step === "number" && step < 0;
    this.scope(() => {
      const once = (bound: Operand<"i32">): Operand<"i32"> =>
        typeof bound === "number" || bound instanceof Local ? bound : this.keep(bound);
      const [end, stride] = [once(to), once(step)];
      const test = (at: Code<"i32">): void => {
        push(body, "i32", at);
        push(body, "i32", end);
        body.emit({ kind: "plain", name: down ? "i32.gt_s" : "i32.lt_s" });
      };
      const next = code(body, "i32", () => {
        push(body, "i32", i);
        push(body, "i32", stride);
        body.emit({ kind: "plain", name: "i32.add" });
      });
      if (from !== i) i.set(from);
      test(i);
      // The test stands at the bottom, so a round costs one branch.
      this.nest("if", "leave", (leave) =>
        this.loop((again) => {
          this.scope(() => then(leave));
          test(i.tee(next));
          this.branch("br_if", again);
        }),
      );
    });
  }

  br(label: Label): void {
    this.branch("br", label);
  }

  brIf(label: Label, condition: Operand<"i32">): void {
    push(this.body, "i32", condition);
    this.branch("br_if", label);
  }

  /** Leaves the function early, with its results. */
  return(...values: readonly AnyCode[]): void {
    for (const value of values) value.emit();
    this.body.emit({ kind: "return", results: values.map((value) => value.type) });
  }

  /** Traps. */
  unreachable(): void {
    this.body.emit({ kind: "unreachable" });
  }

  /** Computes an expression for its effects only. */
  drop(value: AnyCode): void {
    push(this.body, value.type, value);
    this.body.emit({ kind: "polymorphic", name: "drop", type: value.type });
  }

  /** Arguments by name. A function without result runs now; a single result is an expression, to be used once. */
  call<P extends Params, R extends Results>(callee: Func<P, R>, values: Arguments<P>): Called<R> {
    const { params, results } = callee.signature;
    const given: Readonly<Record<string, AnyOperand>> = values;
    const operands = Object.entries(params).map(([name, type]) => lift(this.body, type, given[name]));
    const emit = (): void => {
      for (const operand of operands) operand.emit();
      this.body.emit({ kind: "call", callee });
    };
    return this.resultOfCall(callee.name, results, emit) as Called<R>;
  }

  /** The value of a global. */
  get<T extends ValueType>(global: Global<T>): Code<T> {
    return code(this.body, global.type, () => this.body.emit({ kind: "global", name: "global.get", global }));
  }

  set<T extends ValueType>(global: Global<T>, value: Operand<T>): void {
    if (!global.mutable) this.body.refuse(`global ${global.name} cannot be set: it is not mutable`);
    push(this.body, global.type, value);
    this.body.emit({ kind: "global", name: "global.set", global });
  }

  /** Lines in the text of the module. */
  comment(text: string): void {
    for (const line of text.split("\n")) this.body.emit({ kind: "comment", text: line });
  }

  /** Any instruction, on the bare operand stack: the way out when the expressions are too tidy. */
  emit(instruction: Instruction): void {
    this.body.emit(instruction);
  }

  private declare<T extends ValueType>(local: Local<T>): Local<T> {
    (this.scopes.at(-1) ?? reject("no block is open")).push(local as Local<ValueType>);
    return local;
  }

  private label(name: string): Label {
    this.labels += 1;
    return { name: `${name}${this.labels}` };
  }

  private branch(name: "br" | "br_if", label: Label): void {
    this.body.emit({ kind: "branch", name, label });
  }

  private nest(name: "block" | "loop" | "if", title: string, then: (label: Label) => void, otherwise?: Then): void {
    const label = this.label(title);
    this.body.emit({ kind: "open", name, label });
    this.scope(() => then(label));
    if (otherwise !== undefined) {
      this.body.emit({ kind: "else" });
      this.scope(otherwise);
    }
    this.body.emit({ kind: "end" });
  }

  private resultOfCall(
    name: string,
    results: Results,
    emit: () => void,
  ): Code<ValueType> | readonly Local<ValueType>[] | undefined {
    const [first, ...others] = results;
    if (first !== undefined && others.length === 0) return codeOnce(this.body, first, `the call of ${name}`, emit);
    emit();
    if (first === undefined) return;
    const locals = results.map((type) => this.local(type));
    for (const local of locals.toReversed()) local.receive();
    return locals;
  }
}

export const functionBuilder = (body: Body): FunctionBuilder => Object.assign(new Statements(body), methods(body));
