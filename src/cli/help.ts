/** Pages of help, laid out from what commands say about themselves. */
import type { Command } from "./command.ts";
import { commonOptions, type OptionDefinition } from "./options.ts";

const width = 96;

const wrap = (text: string, indent: number): string => {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width - indent) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${" ".repeat(indent)}`);
};

const column = 34;
const term = ({ name, short, value }: OptionDefinition): string =>
  `  ${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
const entry = (left: string, right: string, at: number): string =>
  left.length + 2 <= at ? `${left.padEnd(at)}${wrap(right, at)}` : `${left}\n${" ".repeat(at)}${wrap(right, at)}`;

export const helpOf = (command: Command): string =>
  [
    `usage: medimages ${command.name} ${command.synopsis}`,
    "",
    ...command.about.flatMap((paragraph) => [wrap(paragraph, 0), ""]),
    ...[...command.groups, commonOptions].flatMap(({ title, about, options }) => [
      `${title}:`,
      ...(about === undefined ? [] : [`  ${wrap(about, 2)}`, ""]),
      ...options.map((option) => entry(term(option), option.help, column)),
      "",
    ]),
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");

export const overview = (commands: readonly Command[], version: string): string =>
  [
    `medimages ${version}: medical images resampled, reoriented, cropped and rotated in a single interpolation`,
    "",
    "usage: medimages COMMAND …",
    "",
    "Commands:",
    ...commands.map(({ name, summary }) => entry(`  ${name}`, summary, 12)),
    "",
    "`medimages COMMAND --help` explains a command with all its options.",
    "",
    "Examples:",
    "  medimages phantom -o ct.nii.gz",
    "  medimages info ct.nii.gz --stats",
    "  medimages run ct.nii.gz --spacing 1,1,1 --orient RAS -o out.nii.gz",
    "",
    "Exit status: 0 done, 1 the work failed, 2 wrong usage. Results go to stdout, progress and warnings",
    "to stderr. Coordinates are millimetres in LPS (x to the left, y to the back, z up), as in DICOM.",
  ].join("\n");
