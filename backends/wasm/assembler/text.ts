/**
 * A module as text in the WebAssembly text format, with expressions folded back into trees and names for
 * locals and functions: for documentation and for people who want to see what the compiler made.
 */
import { type Constant, type Instruction, type Label, mnemonic, signatureOf } from "./instruction.ts";
import { type FunctionParts, identifiers, localIdentifiers, type MemoryParts, type ModuleParts } from "./parts.ts";
import { node, print, type TextNode } from "./text-layout.ts";
import { reject, type ValueType } from "./types.ts";

export const toText = (module: ModuleParts): string => {
  const { memory, imports, functions, globals } = module;
  const callees = [...imports, ...functions].map(({ callee }) => callee);
  const ids = identifiers(callees.map(({ name }) => name));
  const globalIds = identifiers(globals.map(({ slot }) => slot.name));
  const names: Names = {
    callee: (callee) => `$${ids[callees.indexOf(callee)]}`,
    global: (global) => `$${globalIds[globals.findIndex(({ slot }) => slot === global)]}`,
  };
  const parts: TextNode[] = [
    ...(memory?.from === undefined ? [] : [node(memoryHead(memory))]),
    ...imports.map(({ module, field, callee }) =>
      node(`import ${quote(module)} ${quote(field)} (func ${names.callee(callee)}${typeText(callee)})`),
    ),
    // The format wants all imports first.
    ...(memory === undefined || memory.from !== undefined ? [] : [node(memoryHead(memory))]),
    ...globals.map(({ slot, initial, exported }) => {
      const type = slot.mutable ? `(mut ${slot.type})` : slot.type;
      const value = `(${slot.type}.const ${numberText(initial)})`;
      return node(`global ${names.global(slot)}${exported ? ` (export ${quote(slot.name)})` : ""} ${type} ${value}`);
    }),
    ...functions.map((item) => functionNode(item, names)),
  ];
  return `${print(node(`module $${identifiers([module.name])[0]}`, parts, true))}\n`;
};

interface Names {
  readonly callee: (callee: FunctionParts["callee"]) => string;
  readonly global: (global: ModuleParts["globals"][number]["slot"]) => string;
}

const quote = (text: string): string =>
  // Two hex digits are how the format writes a byte.
  `"${text.replaceAll(/["\\\p{Cc}]/gu, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;

const typeText = ({ params, results }: FunctionParts["callee"]): string =>
  [...params.map((type) => ` (param ${type})`), ...results.map(resultText)].join("");
const resultText = (type: ValueType): string => ` (result ${type})`;

const memoryHead = ({ initial, maximum, shared, from, exportAs }: MemoryParts): string => {
  const limits = [initial, ...(maximum === undefined ? [] : [maximum]), ...(shared === true ? ["shared"] : [])].join(
    " ",
  );
  if (from !== undefined) return `import ${quote(from.module)} ${quote(from.field)} (memory ${limits})`;
  return `memory${exportAs === undefined ? "" : ` (export ${quote(exportAs)})`} ${limits}`;
};

const functionNode = ({ callee, exported, body }: FunctionParts, names: Names): TextNode => {
  const ids = localIdentifiers(body.slots);
  const params = callee.params.map((type, k) => ` (param $${ids[k]} ${type})`).join("");
  const head = `func ${names.callee(callee)}${exported ? ` (export ${quote(callee.name)})` : ""}${params}${callee.results.map(resultText).join("")}`;
  const locals = body.slots.slice(callee.params.length).map(({ type, index }) => node(`local $${ids[index]} ${type}`));
  return node(head, [...locals, ...fold(body.instructions, ids, names)], true);
};

/** A block that is being folded; the parts of an if come under heads of their own. */
interface OpenBlock {
  readonly head: string;
  readonly operands: readonly TextNode[];
  readonly parts: TextNode[];
  readonly result: ValueType | undefined;
  readonly isIf: boolean;
}

/** Each instruction takes as many of the nodes before it as it has operands, if each is one value. */
const fold = (instructions: readonly Instruction[], ids: readonly string[], names: Names): readonly TextNode[] => {
  const targets = new Set(instructions.flatMap((i) => (i.kind === "branch" ? [i.label] : [])));
  const blocks: OpenBlock[] = [];
  let nodes: TextNode[] = [];
  const around: TextNode[][] = [];
  const operandsOf = (count: number): readonly TextNode[] => {
    const last = nodes.slice(nodes.length - count);
    if (count === 0 || last.length < count || last.some(({ values }) => values !== 1)) return [];
    nodes.length -= count;
    return last;
  };
  const label = (l: Label): string => (targets.has(l) ? ` $${l.name}` : "");
  for (const i of instructions) {
    const { pops, pushes } = signatureOf(i);
    switch (i.kind) {
      case "comment":
        nodes.push({ head: `;; ${i.text}`, children: [], isBroken: true, values: 0, isComment: true });
        break;
      case "open": {
        const operands = operandsOf(pops.length);
        const head = `${i.name}${label(i.label)}${i.result === undefined ? "" : resultText(i.result)}`;
        blocks.push({ head, operands, parts: [], result: i.result, isIf: i.name === "if" });
        around.push(nodes);
        nodes = [];
        break;
      }
      case "else":
        blocks.at(-1)?.parts.push(node("then", nodes, true));
        nodes = [];
        break;
      case "end": {
        const block = blocks.pop() ?? reject("an end closes no block");
        const { head, operands, parts, isIf } = block;
        const inner = isIf ? [...parts, node(parts.length === 0 ? "then" : "else", nodes, true)] : nodes;
        nodes = around.pop() ?? [];
        nodes.push({ ...node(head, [...operands, ...inner], true), values: block.result === undefined ? 0 : 1 });
        break;
      }
      default:
        nodes.push({ ...node(headOf(i, ids, names), operandsOf(pops.length)), values: pushes.length });
    }
  }
  return nodes;
};

const headOf = (i: Exclude<Instruction, { kind: "comment" }>, ids: readonly string[], names: Names): string => {
  const offset = "offset" in i && i.offset !== 0 ? ` offset=${i.offset}` : "";
  const lane = "lane" in i ? ` ${i.lane}` : "";
  switch (i.kind) {
    case "const":
      return `${mnemonic(i)} ${constantText(i.value)}`;
    case "shuffle":
      return `${mnemonic(i)} ${i.lanes.join(" ")}`;
    case "local":
      return `${i.name} $${ids[i.local.index]}`;
    case "global":
      return `${i.name} ${names.global(i.global)}`;
    case "branch":
      return `${i.name} $${i.label.name}`;
    case "call":
      return `call ${names.callee(i.callee)}`;
    default:
      return `${mnemonic(i)}${offset}${lane}`;
  }
};

const constantText = (constant: Constant): string =>
  constant.type === "v128"
    ? `${constant.shape} ${constant.lanes.map(numberText).join(" ")}`
    : numberText(constant.value);

const numberText = (value: number | bigint): string => {
  if (Number.isNaN(value)) return "nan";
  if (Object.is(value, -0)) return "-0";
  return String(value).replace("Infinity", "inf");
};
