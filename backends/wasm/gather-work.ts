/** A gather that no special kernel does, as the general kernel and its numbers. */
import type { Affine } from "../../compiler/language/affine.ts";
import { wordsOf } from "../../compiler/language/random.ts";
import type { Scalar } from "../../compiler/language/scalar.ts";
import { axes } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather, Histogram, Reduce, Region, Tap } from "../../compiler/plan.ts";
import { tieTolerance } from "../../compiler/stencil.ts";
import { compiled } from "./cache.ts";
import { type Flat, flatten } from "./flat.ts";
import { fixedSteps, longestRun, reach } from "./kernels/fixed.ts";
import { type GatherShape, gatherKernel } from "./kernels/gather.ts";
import { randomNumber, randomsOf } from "./kernels/random.ts";
import { constantsOf, type RowShape, tablesIn } from "./kernels/rows.ts";
import type { TapShape } from "./kernels/tap.ts";
import { canShare } from "./memory.ts";
import { dtypeOfBuffer, type Place } from "./places.ts";
import { Tables } from "./tables.ts";
import { variantsOfAll } from "./variants.ts";
import { backgroundBuffers, backgroundValues, spell, type Work } from "./work.ts";

/** Output of a job, in bytes: little enough to leave a core's cache to the source, which is looked at all over. */
const jobBytes = 2 ** 18;

export const gatherWork = (pass: Gather, output: Buffer, places: (buffer: number) => Place): Work => {
  const dtype = dtypeOfBuffer(output);
  const flat = flatten(pass, output, places);
  const { rows, key, tables, numberOf } = rowNumbers(pass, [pass.body], output, places, flat);
  const shape: GatherShape = { ...rows, dtype, ...(flat === undefined ? {} : { plane: flat.plane }) };
  const [nx, ny, nz] = output.size;
  const outputRow = nx * dtypes[dtype].bytes;
  return {
    kernel: compiled(`gather ${dtype} ${JSON.stringify(shape.plane ?? null)} ${key}`, () =>
      gatherKernel(shape, canShare),
    ),
    units: ny * nz * output.channels,
    bytesPerUnit: outputRow,
    unitsPerJob: flat?.unitsPerJob ?? Math.max(1, Math.floor(jobBytes / outputRow)),
    scratchBytes: 256 + (flat?.scratchBytes ?? 0),
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => (name === "outputRow" ? outputRow : numberOf(name, at)),
  };
};

/** What loops over the rows of a domain look at, and the numbers that they are run with. */
export const rowNumbers = (
  pass: Gather | Reduce | Histogram,
  bodies: readonly Scalar[],
  domain: Pick<Buffer, "size" | "channels">,
  places: (buffer: number) => Place,
  flat?: Flat,
): {
  readonly rows: RowShape;
  /** All of the structure, as text. */
  readonly key: string;
  readonly tables: Tables;
  readonly numberOf: Work["valueOf"];
} => {
  const variants = variantsOfAll(bodies, pass.regions.length);
  const taps: readonly Source[] = flat === undefined ? pass.taps.map((tap) => asIs(tap, places(tap.source))) : [flat];
  const rows: RowShape = {
    taps: taps.map(({ tap, place }): TapShape => {
      const { by, boundary } = tap;
      return { by, boundary, dtype: place.dtype, flat: flat !== undefined, straight: isStraight(tap) };
    }),
    regions: pass.regions.length,
    variants,
  };
  const constants = constantsOf(variants.bodies.flat());
  const randoms = randomsOf(variants.bodies.flat());
  const spelled = variants.bodies.map((set) => set.map((body) => spell(body, constants, randoms)));
  const key = JSON.stringify([{ ...rows, variants: 0 }, [...variants.choice], spelled]);
  const [nx, ny, nz] = domain.size;
  const looked = tablesIn(bodies);
  const tables = new Tables({
    choices: variants.choice,
    ...(flat === undefined ? {} : { planeTable: flat.table }),
    ...Object.fromEntries(
      backgroundBuffers(pass).map((buffer) => [
        `background${buffer}`,
        backgroundValues(places(buffer), domain.channels),
      ]),
    ),
    ...Object.fromEntries(looked.map((buffer) => [`table${buffer}`, floatsOf(places(buffer))])),
  });
  const numbers: Readonly<Record<string, number>> = {
    nx,
    ny,
    nz,
    ...fixedPoint(taps.map(({ tap }) => tap.pull)),
    ...Object.fromEntries(looked.map((buffer) => [`bins${buffer}`, places(buffer).size[0]])),
    clampable: taps.every(({ place }) => place.size[0] > 1) ? 1 : 0,
    ...flat?.numbers,
  };
  const numberOf = (name: string, at: number): number => {
    const [what = "", part = ""] = name.split(".");
    const k = Number(/\d+$/.exec(what)?.[0]);
    if (what.startsWith("random")) return randomNumber(randoms[k] && wordsOf(randoms[k]), part);
    if (part !== "") return what.startsWith("tap") ? tapValue(taps[k], part) : regionValue(pass.regions[k], part);
    if (what.startsWith("constant")) return constants[k] ?? Number.NaN;
    return numbers[name] ?? at + tables.addressOf(name);
  };
  return { rows, key, tables, numberOf };
};

const floatsOf = (place: Place): Float32Array => {
  const { data } = place.voxels();
  return Float32Array.from({ length: data.length }, (_, k) => Number(data[k]));
};

/** Whether x of the source is x of the output, but for a whole number, and y and z are not moved by it. */
const isStraight = ({ by, class: kind, pull: { linear } }: Tap): boolean =>
  by === "nearest" && kind === "copy" && linear[0] === 1 && linear[3] === 0 && linear[6] === 0;

/** A tap and where its source lies. */
type Source = Pick<Flat, "tap" | "place">;
const asIs = (tap: Tap, place: Place): Source => ({ tap, place });

/** Over how many voxels coordinates stay fixed point, and whether they do over any. */
export const fixedPoint = (
  pulls: readonly Affine<"index", "index">[],
): { readonly runLength: number; readonly gentle: number } => {
  const steps = pulls.flatMap(({ linear }) => axes.map((k) => Math.abs(linear[k * 3] as number)));
  const steepest = Math.max(0, ...steps);
  const runLength = Math.max(4, Math.min(longestRun, Math.floor(reach / Math.max(steepest, 1) / 4) * 4 - 4));
  return { runLength, gentle: steepest * (runLength + 4) <= reach ? 1 : 0 };
};

/** The step along an axis of some voxels in fixed point, by its name: `f`, the axis and the number of voxels. */
export const fixedNumber = ({ linear }: Affine<"index", "index">, name: string): number =>
  fixedSteps(linear[Number(name[1]) * 3] ?? Number.NaN, Number(name[2]));

const tapValue = (source: Source | undefined, part: string): number => {
  if (source === undefined) return Number.NaN;
  const { tap, place } = source;
  const k = Number(part.slice(1));
  if (part === "source") return place.address;
  if (part === "channelBytes") return place.channelBytes;
  if (part.startsWith("f")) return fixedNumber(tap.pull, part);
  if (part.startsWith("m")) return tap.pull.linear[k] ?? Number.NaN;
  if (part.startsWith("t")) return tap.pull.offset[k] ?? Number.NaN;
  const { size, box } = place;
  const axis = axes[k];
  if (axis !== undefined) {
    if (part.startsWith("n")) return size[axis];
    return part.startsWith("l") ? box.start[axis] : box.start[axis] + box.size[axis] - 1;
  }
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
