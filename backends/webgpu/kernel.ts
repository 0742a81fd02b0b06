/** What a pass is to the device: a program, what it binds, and how its invocations are laid over the output. */
import type { Axis } from "../../compiler/language/vector.ts";
import type { Box } from "./boxes.ts";
import type { Numbers } from "./numbers.ts";

export interface Kernel {
  /** WGSL. It depends on the structure of a pass only, so it is also the key of its pipeline. */
  readonly code: string;
  readonly numbers: Numbers;
  readonly tables: Uint32Array<ArrayBuffer>;
  /** The buffers of the plan that it reads, in the order of their bindings. */
  readonly sources: readonly number[];
  /** The buffer of the plan that it writes. */
  readonly output: number;
  readonly workgroup: readonly [number, number, number];
  /** Samples that an invocation reads, about: what it costs. */
  readonly cost: number;
  /** The invocations that a part of the output takes. */
  readonly extentOf: (output: Box) => Extent;
  /** The axis along which the output must not be cut, if there is one. */
  readonly uncut?: Axis;
  /** The part of each source that a part of the output needs. */
  readonly boxesFor: (output: Box) => readonly Box[];
  /** The numbers that depend on which part of each volume is bound. */
  readonly numbersFor: (output: Box, sources: readonly Box[]) => ReadonlyMap<string, number>;
}

/** Invocations: `width` along x, times rows, times layers. A single row may be cut anywhere. */
export interface Extent {
  readonly width: number;
  readonly rows: number;
  readonly layers: number;
}

/** Names of the numbers that say which invocations a dispatch is. */
export const dispatchNumbers = {
  firstInRow: "firstInRow",
  firstRow: "firstRow",
  firstLayer: "firstLayer",
  rows: "rows",
  layers: "layers",
  width: "width",
} as const;

/** Names of the numbers that say which part of a source is bound. */
export const sourceNumbers = (
  binding: number,
): Readonly<Record<"x" | "y" | "z" | "row" | "plane" | "volume", string>> => ({
  x: `voxels${binding}FirstX`,
  y: `voxels${binding}FirstY`,
  z: `voxels${binding}FirstZ`,
  row: `voxels${binding}Row`,
  plane: `voxels${binding}Plane`,
  volume: `voxels${binding}Volume`,
});

/** Their values for a box of a source. */
export const sourceValues = (
  binding: number,
  { start, size, channels }: Box,
): readonly (readonly [string, number])[] => {
  const names = sourceNumbers(binding);
  const plane = size[0] * size[1];
  return [
    [names.x, start[0]],
    [names.y, start[1]],
    [names.z, start[2]],
    [names.row, size[0]],
    [names.plane, plane],
    // A single channel serves all.
    [names.volume, channels === 1 ? 0 : plane * size[2]],
  ];
};
