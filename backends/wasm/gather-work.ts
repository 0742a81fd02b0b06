/** A gather that no special kernel does, as the general kernel and its numbers. */
import { axes } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather, Region, Tap } from "../../compiler/plan.ts";
import { tieTolerance } from "../../compiler/stencil.ts";
import { compiled } from "./cache.ts";
import { type Flat, flatten } from "./flat.ts";
import { longestRun, reach } from "./kernels/fixed.ts";
import { constantsOf, type GatherShape, gatherKernel } from "./kernels/gather.ts";
import type { TapShape } from "./kernels/tap.ts";
import { canShare } from "./memory.ts";
import { dtypeOfBuffer, type Place } from "./places.ts";
import { Tables } from "./tables.ts";
import { variantsOf } from "./variants.ts";
import { backgroundBuffers, backgroundValues, spell, type Work } from "./work.ts";

export const gatherWork = (pass: Gather, output: Buffer, places: (buffer: number) => Place): Work => {
  const dtype = dtypeOfBuffer(output);
  const variants = variantsOf(pass.body, pass.regions.length);
  const flat = flatten(pass, output, places);
  const taps: readonly Source[] = flat === undefined ? pass.taps.map((tap) => asIs(tap, places(tap.source))) : [flat];
  const shape: GatherShape = {
    taps: taps.map(({ tap, place }): TapShape => {
      const { by, boundary } = tap;
      return { by, boundary, dtype: place.dtype, flat: flat !== undefined };
    }),
    regions: pass.regions.length,
    variants,
    dtype,
    ...(flat === undefined ? {} : { plane: flat.plane }),
  };
  const constants = constantsOf(variants.bodies);
  const spelled = variants.bodies.map((body) => spell(body, constants));
  const key = JSON.stringify([{ ...shape, variants: 0 }, [...variants.choice], spelled]);
  const [nx, ny, nz] = output.size;
  const outputRow = nx * dtypes[dtype].bytes;
  const tables = new Tables({
    choices: variants.choice,
    ...(flat === undefined ? {} : { planeTable: flat.table }),
    ...Object.fromEntries(
      backgroundBuffers(pass).map((buffer) => [
        `background${buffer}`,
        backgroundValues(places(buffer), output.channels),
      ]),
    ),
  });
  const numbers: Readonly<Record<string, number>> = {
    nx,
    ny,
    nz,
    outputRow,
    ...fixedPoint(taps),
    clampable: taps.every(({ place }) => place.size[0] > 1) ? 1 : 0,
    ...flat?.numbers,
  };
  return {
    kernel: compiled(`gather ${key}`, () => gatherKernel(shape, canShare)),
    units: ny * nz * output.channels,
    bytesPerUnit: outputRow,
    ...(flat?.unitsPerJob === undefined ? {} : { unitsPerJob: flat.unitsPerJob }),
    scratchBytes: 256 + (flat?.scratchBytes ?? 0),
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => {
      const [what = "", part = ""] = name.split(".");
      const k = Number(/\d+$/.exec(what)?.[0]);
      if (part !== "") return what.startsWith("tap") ? tapValue(taps[k], part) : regionValue(pass.regions[k], part);
      if (what.startsWith("constant")) return constants[k] ?? Number.NaN;
      return numbers[name] ?? at + tables.addressOf(name);
    },
  };
};

/** A tap and where its source lies. */
type Source = Pick<Flat, "tap" | "place">;
const asIs = (tap: Tap, place: Place): Source => ({ tap, place });

/** Over how many voxels coordinates stay fixed point, and whether they do over any. */
const fixedPoint = (taps: readonly Source[]): { readonly runLength: number; readonly gentle: number } => {
  const steps = taps.flatMap(({ tap }) => axes.map((k) => Math.abs(tap.pull.linear[k * 3] as number)));
  const steepest = Math.max(0, ...steps);
  const runLength = Math.max(4, Math.min(longestRun, Math.floor(reach / Math.max(steepest, 1) / 4) * 4 - 4));
  return { runLength, gentle: steepest * (runLength + 4) <= reach ? 1 : 0 };
};

const tapValue = (source: Source | undefined, part: string): number => {
  if (source === undefined) return Number.NaN;
  const { tap, place } = source;
  const k = Number(part.slice(1));
  if (part === "source") return place.address;
  if (part === "channelBytes") return place.channelBytes;
  if (part.startsWith("m")) return tap.pull.linear[k] ?? Number.NaN;
  if (part.startsWith("t")) return tap.pull.offset[k] ?? Number.NaN;
  if (part.startsWith("n")) return place.size[k] ?? Number.NaN;
  return place.strides["xyz".indexOf(part.slice(1))] ?? Number.NaN;
};

const regionValue = (region: Region | undefined, part: string): number => {
  if (region === undefined) return Number.NaN;
  const { pull, size } = region;
  if (part === "low") return -0.5 - tieTolerance;
  if (part.startsWith("high")) return (size[Number(part.slice(4))] ?? Number.NaN) - 0.5 - tieTolerance;
  const k = Number(part.slice(1));
  return (part.startsWith("m") ? pull.linear[k] : pull.offset[k]) ?? Number.NaN;
};
