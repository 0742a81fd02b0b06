/** What options are, for the parser that reads them and the help that explains them. */
export interface OptionDefinition {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** What its value looks like in the help; an option without one is a switch. */
  readonly value?: string;
  readonly help: string;
  /** May be given several times. */
  readonly repeatable?: boolean;
}

export interface OptionGroup {
  readonly title: string;
  /** A sentence or two above the options. */
  readonly about?: string;
  readonly options: readonly OptionDefinition[];
}

/** Options that every command has. */
export const commonOptions: OptionGroup = {
  title: "Help and trouble",
  options: [
    { name: "help", short: "h", help: "Print this and do nothing." },
    { name: "debug", help: "On failure print where in the program it happened, too." },
  ],
};
