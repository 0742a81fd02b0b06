/**
 * Expressions: values that are not computed yet. A `Code<"f32">` knows how to emit the instructions that leave
 * one f32 on the stack, and does so each time it is used as an operand. Its type parameter is what keeps an
 * i32 out of where a vector is due.
 */
import type { Body } from "./body.ts";
import type { Constant, Instruction, Slot } from "./instruction.ts";
import { checkWhole, type Literal, type ValueType } from "./types.ts";

export interface Code<T extends ValueType> {
  readonly type: T;
  readonly home: Body;
  readonly emit: () => void;
}

/** What goes into an instruction: an expression, or a plain number where the type has such. */
export type Operand<T extends ValueType> = T extends ValueType ? Code<T> | Literal<T> : never;

/** An expression of any type. */
export type AnyCode = { [T in ValueType]: Code<T> }[ValueType];
/** An operand of any type, as code that works for all of them sees it. */
export type AnyOperand = Code<ValueType> | number | bigint;

/** An operand as an expression of this type. Types are erased where generators are loose, so check again. */
export const lift = <T extends ValueType>(body: Body, type: T, operand: AnyOperand | undefined): Code<T> => {
  if (typeof operand !== "object")
    return code(body, type, constant(body, { kind: "const", value: numberOf(body, type, operand) }));
  if (operand.home !== body) body.refuse(`an expression of ${operand.home.name} is used in here`);
  if (operand.type !== type) body.refuse(`an expression of type ${operand.type} stands where ${type} is due`);
  return operand as Code<T>;
};

/** Emits an operand that must be of this type. */
export const push = (body: Body, type: ValueType, operand: AnyOperand | undefined): void =>
  lift(body, type, operand).emit();

const constant = (body: Body, instruction: Instruction) => (): void => body.emit(instruction);

const numberOf = (body: Body, type: ValueType, value: number | bigint | undefined): Constant => {
  if (type === "i64" && typeof value === "bigint") return { type, value };
  if ((type === "f32" || type === "f64") && typeof value === "number") return { type, value };
  if (type === "i32" && typeof value === "number")
    return { type, value: checkWhole(`${body.name}: an i32 constant`, value, -(2 ** 31), 2 ** 32 - 1) };
  return body.refuse(`${value === undefined ? "nothing" : `the ${typeof value} ${value}`} stands where ${type} is due`);
};

export const code = <T extends ValueType>(home: Body, type: T, emit: () => void): Code<T> => ({ type, home, emit });

/** An expression with effects: emitting it twice, or never, is a mistake. */
export const codeOnce = <T extends ValueType>(home: Body, type: T, what: string, emit: () => void): Code<T> => {
  const debt = home.owe(what);
  return code(home, type, () => {
    debt.settle();
    emit();
  });
};

/** A local, used as an expression to read it. It reads what the local holds where the expression ends up. */
export class Local<T extends ValueType> implements Code<T> {
  readonly type: T;
  readonly home: Body;
  readonly emit: () => void;
  private readonly slot: Slot;
  private state: "unset" | "set" | "released";

  constructor(home: Body, type: T, slot: Slot, state: "unset" | "set") {
    this.type = type;
    this.home = home;
    this.slot = slot;
    this.state = state;
    this.emit = () => {
      // Locals are reused, so what an unset one holds is left over from somewhere else.
      if (this.state === "unset") home.refuse(`${this.title} is read before it is set`);
      this.checkAlive();
      home.emit({ kind: "local", name: "local.get", local: slot });
    };
  }

  set(value: Operand<T>): void {
    this.checkAlive();
    push(this.home, this.type, value);
    this.receive();
  }

  /** Takes what is on top of the stack. */
  receive(): void {
    this.checkAlive();
    this.state = "set";
    this.home.emit({ kind: "local", name: "local.set", local: this.slot });
  }

  /** Sets the local where the expression ends up, and is its value. */
  tee(value: Operand<T>): Code<T> {
    this.checkAlive();
    return codeOnce(this.home, this.type, `the tee of ${this.title}`, () => {
      this.checkAlive();
      push(this.home, this.type, value);
      this.state = "set";
      this.home.emit({ kind: "local", name: "local.tee", local: this.slot });
    });
  }

  /** Gives the slot back, for another local of its type and name. Generators call `f.release`, which knows the blocks. */
  retire(): void {
    this.checkAlive();
    this.state = "released";
    this.home.release(this.slot);
  }

  get isReleased(): boolean {
    return this.state === "released";
  }

  get title(): string {
    return `local ${this.slot.name ?? this.slot.index}`;
  }

  private checkAlive(): void {
    if (this.state === "released") this.home.refuse(`${this.title} is used after its release or its block`);
  }
}
