/**
 * Work that can be done on a thread. A program is a function that stands alone, so that its text can be sent there:
 * all that it uses is what it is handed, and what engines have. Where there are no threads the same function runs
 * here.
 */

/** Loads a package by name. */
export type Load = (name: string) => unknown;

/** Why there is no result. */
export interface Failure {
  readonly failure: string;
}

export interface Task {
  readonly bytes: Uint8Array;
}

export interface Program<T extends Task, R> {
  /** Gives what is done for each task. */
  readonly make: (load: Load) => (task: T) => Promise<R | Failure>;
  /** The text of `make`. */
  readonly text: string;
}

/** A program that loads packages. */
export const programOf = <T extends Task, R>(make: Program<T, R>["make"]): Program<T, R> => ({
  make,
  text: make.toString(),
});

/** A program out of a part that it shares with others, and what it does with it; each stands alone. */
export const programWith = <P, T extends Task, R>(
  part: () => P,
  then: (part: P) => (task: T) => Promise<R | Failure>,
): Program<T, R> => ({
  make: () => then(part()),
  text: `() => (${then.toString()})((${part.toString()})())`,
});

/** Runs a program on a thread, which gets a copy of the bytes; bytes of the result are handed over, not copied. */
export type Offload = <T extends Task, R extends Task>(program: Program<T, R>, task: T) => Promise<R | Failure>;
