/** What a command is: its words on the command line, its page of help, and what it does. */
import type { Arguments } from "./arguments.ts";
import { commonOptions, type OptionDefinition, type OptionGroup } from "./options.ts";
import type { Terminal } from "./terminal.ts";

export interface Command {
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  /** What follows the name, as in `INPUT OUTPUT [--dtype T]`. */
  readonly synopsis: string;
  /** Paragraphs for people who have not used it before. */
  readonly about: readonly string[];
  readonly groups: readonly OptionGroup[];
  readonly examples: readonly string[];
  /** Names of the positional arguments; the last may stand for several when it ends in `…`. */
  readonly operands: readonly string[];
  /** @returns the exit status. @throws UsageError, MedImagesError */
  readonly run: (args: Arguments, terminal: Terminal) => Promise<number>;
}

export const optionsOf = (command: Command): readonly OptionDefinition[] =>
  [...command.groups, commonOptions].flatMap(({ options }) => options);
