/**
 * The body of a function while it grows: instructions, each checked as it comes, and locals, which are reused
 * once released so that long unrolled kernels stay small.
 */
import { StackChecker } from "./checker.ts";
import { type Callee, type GlobalSlot, type Instruction, mnemonic, needsMemory, type Slot } from "./instruction.ts";
import { reject, type ValueType } from "./types.ts";

/** What a body must know about the module around it. */
export interface Surroundings {
  readonly hasMemory: () => boolean;
  readonly hasCallee: (callee: Callee) => boolean;
  readonly hasGlobal: (global: GlobalSlot) => boolean;
}

export class Body {
  readonly name: string;
  readonly instructions: Instruction[] = [];
  /** Parameters first. */
  readonly slots: Slot[] = [];
  private free: Slot[] = [];
  private readonly surroundings: Surroundings;
  private readonly checker: StackChecker;
  private readonly owed = new Map<object, string>();
  private finished = false;

  constructor(name: string, results: readonly ValueType[], surroundings: Surroundings) {
    this.name = name;
    this.surroundings = surroundings;
    this.checker = new StackChecker(name, results);
  }

  emit(instruction: Instruction): void {
    if (this.finished) this.refuse(`${mnemonic(instruction)} comes after the end of the function`);
    if (needsMemory(instruction) && !this.surroundings.hasMemory())
      this.refuse(`${mnemonic(instruction)} needs a memory, and the module has none`);
    if (instruction.kind === "call" && !this.surroundings.hasCallee(instruction.callee))
      this.refuse(`${mnemonic(instruction)} calls a function of another module`);
    if (instruction.kind === "global" && !this.surroundings.hasGlobal(instruction.global))
      this.refuse(`${mnemonic(instruction)} uses a global of another module`);
    if (instruction.kind === "local" && this.slots[instruction.local.index] !== instruction.local)
      this.refuse(`${mnemonic(instruction)} uses a local of another function`);
    this.checker.check(instruction);
    this.instructions.push(instruction);
  }

  /** A local of this type: a released one of the same name, so that names in the text stay true, or a new one. */
  allocate(type: ValueType, name?: string): Slot {
    const old = this.free.find((slot) => slot.type === type && slot.name === name);
    if (old !== undefined) {
      this.free = this.free.filter((slot) => slot !== old);
      return old;
    }
    const slot: Slot = { type, name, index: this.slots.length };
    this.slots.push(slot);
    return slot;
  }

  release(slot: Slot): void {
    this.free.push(slot);
  }

  /** Announces a value whose making has effects, so that it must be emitted exactly once. */
  owe(what: string): { readonly settle: () => void } {
    const debt = {
      settle: (): void => {
        if (!this.owed.delete(debt)) this.refuse(`the value of ${what} is used twice; keep it in a local`);
      },
    };
    this.owed.set(debt, what);
    return debt;
  }

  finish(): void {
    for (const what of this.owed.values()) this.refuse(`the value of ${what} is never used; drop it if that is meant`);
    this.checker.finish();
    this.finished = true;
  }

  refuse(reason: string): never {
    return reject(`${this.name}: ${reason}`);
  }
}
