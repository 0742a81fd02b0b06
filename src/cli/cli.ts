/** The command line as a function: words in, exit status out. Everything goes through the terminal handed in. */
import packageJson from "../../package.json" with { type: "json" };
import { asksForHelp, parse } from "./arguments.ts";
import { type Command, optionsOf } from "./command.ts";
import { convert } from "./commands/convert.ts";
import { info } from "./commands/info.ts";
import { phantom } from "./commands/phantom.ts";
import { register } from "./commands/register.ts";
import { run } from "./commands/run.ts";
import { report } from "./failures.ts";
import { helpOf, overview } from "./help.ts";
import { didYouMean } from "./suggest.ts";
import { done, print, type Terminal } from "./terminal.ts";
import { UsageError } from "./usage.ts";

const help: Command = {
  name: "help",
  summary: "Explain a command.",
  synopsis: "[COMMAND]",
  about: ["Prints the page of a command, as `medimages COMMAND --help` does, or the list of commands."],
  operands: [],
  groups: [],
  examples: ["medimages help run"],
  run: async (_, terminal) => {
    print(terminal, overview(commands, packageJson.version));
    return done;
  },
};

const version: Command = {
  name: "version",
  summary: "Print the version.",
  synopsis: "",
  about: ["Prints the version of medimages, as `medimages --version` does."],
  operands: [],
  groups: [],
  examples: ["medimages version"],
  run: async (args, terminal) => {
    args.finish();
    print(terminal, `medimages ${packageJson.version}`);
    return done;
  },
};

const commands: readonly Command[] = [info, run, register, convert, phantom, help, version];

/** Words that stand for a command, as people expect of any command line. */
const aliases: Readonly<Record<string, string>> = { "--help": "help", "-h": "help", "--version": "version" };

const find = (word: string): Command => {
  const name = Object.hasOwn(aliases, word) ? aliases[word] : word;
  const names = commands.map((command) => command.name);
  return (
    commands.find((command) => command.name === name) ??
    usage(`there is no command ${word}${didYouMean(word, names)}; the commands are ${names.join(", ")}`)
  );
};
const usage = (problem: string): never => {
  throw new UsageError([problem]);
};

/** Runs a command. @returns the exit status: 0 done, 1 failed, 2 wrong usage */
export const medimages = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  let known: string | undefined;
  try {
    const [word, ...rest] = words;
    if (word === undefined) return usage(`a command is missing: ${commands.map(({ name }) => name).join(", ")}`);
    const command = find(word);
    known = command.name;
    const topic = command === help ? rest.find((other) => !other.startsWith("-")) : undefined;
    if (topic !== undefined || (command !== help && asksForHelp(rest))) {
      print(terminal, helpOf(topic === undefined ? command : find(topic)));
      return done;
    }
    return await command.run(parse({ operands: command.operands, options: optionsOf(command) }, rest), terminal);
  } catch (thrown) {
    return report(terminal, thrown, known, words.includes("--debug"));
  }
};
