/**
 * From words to options. Parsing itself is Node's; this adds what its users miss: values that begin with
 * a minus, the order in which options were given, and messages that say what was meant.
 */
import { parseArgs } from "node:util";
import type { OptionDefinition } from "./options.ts";
import { didYouMean } from "./suggest.ts";
import { badValue, type Format, UsageError } from "./usage.ts";

export interface GivenOption {
  readonly name: string;
  /** Empty for switches. */
  readonly value: string;
}

/** A command line that was taken apart. What turns out to be wrong is collected and told by `finish`. */
export interface Arguments {
  readonly operands: readonly string[];
  /** In the order in which they were given. */
  readonly given: readonly GivenOption[];
  has(name: string): boolean;
  /** The value of an option, or undefined when it was not given or is wrong. */
  value<A>(name: string, format: Format<A>): A | undefined;
  /** As {@link value}, for an option that must be there; `what` says what it is for. */
  required<A>(name: string, format: Format<A>, what: string): A | undefined;
  complain(problem: string): void;
  /** @throws UsageError when there was anything to complain about. */
  finish(): void;
}

const looksNegative = (word: string | undefined): word is string => word !== undefined && /^-\.?\d/.test(word);

/** Joins `--fill -1000` to `--fill=-1000`, which is how Node takes values that begin with a minus. */
const joinNegative = (words: readonly string[], takesValue: (word: string) => boolean): readonly string[] => {
  const end = words.indexOf("--");
  const joined: string[] = [];
  for (let k = 0; k < words.length; k++) {
    const word = words[k] ?? "";
    const next = words[k + 1];
    const before = end < 0 || k < end;
    if (before && takesValue(word) && looksNegative(next)) {
      joined.push(`${word}=${next}`);
      k++;
    } else joined.push(word);
  }
  return joined;
};

export const asksForHelp = (words: readonly string[]): boolean => {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? words.length : end).some((word) => word === "--help" || word === "-h");
};

/** What a command takes: operands of which the last may stand for several, ending in `…`, and options. */
export interface Signature {
  readonly operands: readonly string[];
  readonly options: readonly OptionDefinition[];
}

/** Takes a command line apart. */
export const parse = (signature: Signature, words: readonly string[]): Arguments => {
  const definitions = signature.options;
  const find = (name: string): OptionDefinition | undefined => definitions.find((option) => option.name === name);
  const { tokens } = parseArgs({
    args: [...joinNegative(words, (word) => word.startsWith("--") && find(word.slice(2))?.value !== undefined)],
    options: Object.fromEntries(
      definitions.map(({ name, short, value }) => [
        name,
        { type: value === undefined ? ("boolean" as const) : ("string" as const), ...(short ? { short } : {}) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const problems: string[] = [];
  const operands: string[] = [];
  const given: GivenOption[] = [];
  const names = definitions.map(({ name }) => name);
  const unknown = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const definition = find(token.name);
    if (definition === undefined) {
      if (!unknown.has(token.rawName))
        problems.push(`there is no option ${token.rawName}${didYouMean(token.name, names, (name) => `--${name}`)}`);
      unknown.add(token.rawName);
      continue;
    }
    // `-o=FILE` is not what Node expects, but what people write.
    const short = token.rawName.startsWith("-") && !token.rawName.startsWith("--");
    const value = short && token.inlineValue === true ? token.value.replace(/^=/, "") : token.value;
    const problem = problemWith(definition, value, token.inlineValue === true);
    const again = definition.repeatable !== true && given.some(({ name }) => name === definition.name);
    if (problem !== undefined) problems.push(problem);
    else if (again) problems.push(`--${definition.name} is given twice; give it once`);
    else given.push({ name: definition.name, value: value ?? "" });
  }
  // The value of an option that does not exist would be taken for an operand: no use in complaining of it.
  if (unknown.size === 0) problems.push(...operandProblems(signature, operands));

  const value = <A>(name: string, format: Format<A>): A | undefined => {
    const found = given.find((option) => option.name === name);
    if (found === undefined) return undefined;
    const read = format.read(found.value);
    if (read === undefined) problems.push(badValue(name, found.value, format));
    return read;
  };
  return {
    operands,
    given,
    has: (name) => given.some((option) => option.name === name),
    value,
    required: (name, format, what) => {
      if (!given.some((option) => option.name === name) && problems.length === 0)
        problems.push(
          `${flag(find(name), name)} is missing: ${what}, such as ${flag(find(name), name)} ${format.example}`,
        );
      return value(name, format);
    },
    complain: (problem) => {
      problems.push(problem);
    },
    finish: () => {
      if (problems.length > 0) throw new UsageError(problems);
    },
  };
};

/** An option as people write it. */
const flag = (definition: OptionDefinition | undefined, name: string): string =>
  definition?.short === undefined ? `--${name}` : `-${definition.short}`;

const problemWith = (
  { name, value: shape }: OptionDefinition,
  value: string | undefined,
  inline: boolean,
): string | undefined => {
  if (shape === undefined) return value === undefined ? undefined : `--${name} is a switch and takes no value`;
  const swallowed = !inline && value !== undefined && /^-./.test(value) && !looksNegative(value);
  return value === undefined || value === "" || swallowed ? `--${name} needs a value: --${name} ${shape}` : undefined;
};

const operandProblems = ({ operands }: Signature, given: readonly string[]): readonly string[] => {
  const many = operands.at(-1)?.endsWith("…") ?? false;
  const missing = operands.slice(given.length);
  if (missing.length > 0)
    return [
      `${missing.map((name) => name.replace("…", "")).join(" and ")} ${missing.length > 1 ? "are" : "is"} missing`,
    ];
  const extra = many ? [] : given.slice(operands.length);
  return extra.length === 0
    ? []
    : [`too many arguments: ${extra.join(" ")}; ${operands.length === 0 ? "none" : operands.join(" ")} expected`];
};
