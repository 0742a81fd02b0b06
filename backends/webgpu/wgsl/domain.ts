/** Prints how a kernel that stores no volume goes over the voxels of a domain, by their numbers. */
import type { Scalar } from "../../../compiler/language/scalar.ts";
import type { Histogram, Reduce } from "../../../compiler/plan.ts";
import { wholeBox } from "../boxes.ts";
import { dispatchNumbers, type Kernel, sourceValues } from "../kernel.ts";
import { type Background, printLook, showStructure } from "../look.ts";
import type { PlacedBuffers } from "../plan-buffers.ts";
import { gradientLeaves } from "./gradient-leaves.ts";
import type { Writing } from "./writing.ts";

export interface PrintedBodies extends Pick<Kernel, "sources" | "boxesFor" | "numbersFor"> {
  /** The bodies, for people. */
  readonly shown: string;
  readonly types: readonly string[];
  readonly functions: readonly string[];
  /** Samples that are read for a voxel. */
  readonly samples: number;
}

/** The function `bodies(x, y, z, channel)`, which returns an array with the value of each, and all that it needs. */
export const printBodies = (
  pass: Reduce | Histogram,
  bodies: readonly Scalar[],
  plan: PlacedBuffers,
  background: Background,
  writing: Writing,
): PrintedBodies => {
  const { size, channels } = pass;
  const { numbers } = writing;
  const { functions, statements, boxesFor, ...printed } = printLook(
    { look: pass, bodies, over: pass, plan, background, domain: "real", dtype: "float32", writing, gradientLeaves },
    (values) => [`return array<f32, ${values.length}>(${values.join(", ")});`],
  );
  for (const name of Object.values(dispatchNumbers)) numbers.set(name, 0);
  numbers.set("sizeX", size[0]);
  numbers.set("sizeY", size[1]);
  numbers.set("sizeZ", size[2]);
  numbers.set("channel", 0);
  const all = [
    `fn bodies(x: u32, y: u32, z: u32, channel: u32) -> array<f32, ${bodies.length}> {`,
    ...statements,
    "}",
  ].join("\n");
  return {
    ...printed,
    functions: [...functions, all],
    shown: bodies.map(showStructure).join(", "),
    boxesFor: () => boxesFor(wholeBox(size, channels)),
    numbersFor: (_, boxes) => new Map(boxes.flatMap((box, k) => sourceValues(k, box))),
  };
};

/** Statements for x, y, z and channel of voxel number `at`. */
export const indexStatements: readonly string[] = [
  "let row = at / numbers.sizeX;",
  "let layer = row / numbers.sizeY;",
  "let x = at % numbers.sizeX;",
  "let y = row % numbers.sizeY;",
  "let z = layer % numbers.sizeZ;",
  "let channel = layer / numbers.sizeZ;",
];
