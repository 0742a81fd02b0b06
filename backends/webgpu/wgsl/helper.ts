/** A function that kernels call, and the others that it needs. */
export interface Helper<Name extends string = string> {
  readonly needs?: readonly Name[];
  readonly code: string;
}
