/**
 * Follows the operand stack while a function is being emitted, by the validation algorithm of the WebAssembly
 * specification. A browser's validator names a byte offset, long after; this names the instruction, what it
 * needs and what is there, with the generator's own line in the stack trace.
 */
import { type Instruction, type Label, mnemonic, signatureOf } from "./instruction.ts";
import { reject, showTypes, type ValueType } from "./types.ts";

/** A block that has not ended. */
interface Frame {
  readonly name: "function" | "block" | "loop" | "if" | "else";
  readonly label: Label | undefined;
  readonly results: readonly ValueType[];
  /** How many operands lie below; they belong to the blocks around this one. */
  readonly height: number;
  /** After a branch the stack holds whatever is asked of it. */
  unreachable: boolean;
}

export class StackChecker {
  private readonly operands: ValueType[] = [];
  private readonly frames: Frame[];
  private readonly functionName: string;
  private readonly results: readonly ValueType[];

  constructor(functionName: string, results: readonly ValueType[]) {
    this.functionName = functionName;
    this.results = results;
    this.frames = [{ name: "function", label: undefined, results, height: 0, unreachable: false }];
  }

  check(instruction: Instruction): void {
    const { pops, pushes } = signatureOf(instruction);
    const name = mnemonic(instruction);
    switch (instruction.kind) {
      case "branch":
        this.checkLabel(name, instruction.label);
        break;
      case "return":
        if (showTypes(instruction.results) !== showTypes(this.results))
          this.refuse(`return gives [${showTypes(instruction.results)}], the function [${showTypes(this.results)}]`);
        break;
    }
    this.take(name, pops);
    this.operands.push(...pushes);
    switch (instruction.kind) {
      case "open":
        this.open(instruction.name, instruction.label, instruction.result === undefined ? [] : [instruction.result]);
        break;
      case "else":
        this.alternate();
        break;
      case "end":
        this.end();
        break;
      case "branch":
        if (instruction.name === "br") this.markUnreachable();
        break;
      case "return":
      case "unreachable":
        this.markUnreachable();
        break;
    }
  }

  /** Checks what the whole function leaves; call it once, last. */
  finish(): void {
    if (this.frames.length > 1) this.refuse(`the function ends inside a ${this.frame.name}`);
    this.close(this.frame);
  }

  /** Every `frames` holds the function's own frame at least. */
  private get frame(): Frame {
    return this.frames.at(-1) ?? this.refuse("emitting goes on after the end of the function");
  }

  private open(name: Frame["name"], label: Label | undefined, results: readonly ValueType[]): void {
    this.frames.push({ name, label, results, height: this.operands.length, unreachable: false });
  }

  private alternate(): void {
    const frame = this.frame;
    if (frame.name !== "if") this.refuse(`else stands in a ${frame.name}, not in an if`);
    this.close(frame);
    this.open("else", frame.label, frame.results);
  }

  private end(): void {
    const frame = this.frame;
    if (this.frames.length === 1) this.refuse("end closes no block");
    if (frame.name === "if" && frame.results.length > 0)
      this.refuse(`an if that gives [${showTypes(frame.results)}] needs an else`);
    this.close(frame);
    this.operands.push(...frame.results);
  }

  private close(frame: Frame): void {
    this.take(`the end of the ${frame.name}`, frame.results);
    const left = this.operands.slice(frame.height);
    if (left.length > 0) this.refuse(`[${showTypes(left)}] is left over at the end of the ${frame.name}`);
    this.frames.pop();
  }

  private markUnreachable(): void {
    const frame = this.frame;
    this.operands.length = frame.height;
    frame.unreachable = true;
  }

  private checkLabel(name: string, label: Label): void {
    const target = this.frames.find((frame) => frame.label === label);
    if (target === undefined) this.refuse(`${name} to ${label.name}, which is not around it`);
    if (target.results.length > 0 && target.name !== "loop")
      this.refuse(`${name} to ${label.name}, which gives [${showTypes(target.results)}]: only blocks without result`);
  }

  private take(what: string, expected: readonly ValueType[]): void {
    const { height, unreachable } = this.frame;
    const available = this.operands.slice(height);
    const fits = expected.every((type, k) => {
      const at = available.length - expected.length + k;
      return at < 0 ? unreachable : available[at] === type;
    });
    if (!fits) this.refuse(`${what} expects [${showTypes(expected)}], the stack holds [${showTypes(available)}]`);
    this.operands.length -= Math.min(expected.length, available.length);
  }

  private refuse(reason: string): never {
    return reject(`${this.functionName}: ${reason}`);
  }
}
