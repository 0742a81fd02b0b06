/**
 * Where the command line writes: results on one stream, progress and warnings on the other. Handed in, so
 * that tests and other programs can run commands without a process of their own.
 */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Stops the work; what was begun is removed. */
  readonly signal?: AbortSignal;
}

/** Exit statuses. */
export const done = 0;
export const failed = 1;
export const wrongUsage = 2;

export const print = (terminal: Terminal, text: string): void => {
  terminal.stdout.write(`${text}\n`);
};
export const warn = (terminal: Terminal, text: string): void => {
  terminal.stderr.write(`${text}\n`);
};
