/** Wrong usage: everything that is wrong with a command line, told at once and apart from failures of the work. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** How an option's value is read from text. */
export interface Format<A> {
  /** Continues "expected …". */
  readonly expected: string;
  /** A value that is right. */
  readonly example: string;
  /** The value, or undefined when the text is none. */
  readonly read: (text: string) => A | undefined;
}

/** What is wrong with an option's value, what was expected, and an example. */
export const badValue = (name: string, text: string, { expected, example }: Format<unknown>): string =>
  `--${name} ${text}: expected ${expected}, such as --${name} ${example}`;
