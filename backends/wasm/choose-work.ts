/** Recognizes gathers that only choose among voxels in place, by floats in place, and sets up the kernel that does so. */
import type { Scalar } from "../../compiler/language/scalar.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import { type Buffer, type Gather, isInPlace, type Region, type Tap } from "../../compiler/plan.ts";
import { rowInterval } from "../../compiler/region.ts";
import { compiled } from "./cache.ts";
import { type Choice, type Condition, chooseKernel } from "./kernels/choose.ts";
import type { Width } from "./kernels/move-steps.ts";
import { canShare } from "./memory.ts";
import { patternsOf, type Value } from "./move-values.ts";
import { dtypeOfBuffer, type Place } from "./places.ts";
import { Tables } from "./tables.ts";
import type { Work } from "./work.ts";

/** The work of such a gather; undefined for any other. */
export const chooseWork = (pass: Gather, output: Buffer, places: (buffer: number) => Place): Work | undefined => {
  const dtype = dtypeOfBuffer(output);
  if (!pass.taps.every((tap) => readsInPlace(tap, output, places(tap.source)))) return undefined;
  const holds = (index: number): boolean => places(pass.taps[index]?.source ?? -1).dtype === dtype;
  const decides = (index: number): boolean => places(pass.taps[index]?.source ?? -1).dtype === "float32";
  const values: Value[] = [];
  const choiceOf = (body: Scalar): Choice | undefined => {
    switch (body.kind) {
      case "tap":
        return holds(body.index) ? { kind: "tap", tap: body.index } : undefined;
      case "const":
      case "background":
        return { kind: "value", value: values.push(body) - 1 };
      case "select": {
        const by = conditionOf(body.condition);
        if (by === undefined) return undefined;
        const [then, otherwise] = [choiceOf(body.then), choiceOf(body.otherwise)];
        if (then === undefined || otherwise === undefined) return undefined;
        return { kind: "either", by, then, otherwise };
      }
      default:
        return undefined;
    }
  };
  const conditionOf = (condition: Scalar): Condition | undefined => {
    if (condition.kind === "inside") return { region: condition.region };
    return condition.kind === "tap" && decides(condition.index) ? { tap: condition.index } : undefined;
  };
  const choice = choiceOf(pass.body);
  if (choice === undefined) return undefined;
  const { size, channels } = output;
  // Every dtype has one of these widths.
  const width = dtypes[dtype].bytes as Width;
  const shape = { width, taps: pass.taps.length, regions: pass.regions.length, choice };
  const tables = new Tables({
    values: patternsOf(values, dtype, channels, places, (value) => isAsked(pass, choice, output, places, value)),
    ...Object.fromEntries(pass.regions.map((region, k) => [`region${k}`, intervalsOf(region, size)])),
  });
  const numbers: Readonly<Record<string, number>> = { nx: size[0], rows: size[1] * size[2], channels };
  return {
    kernel: compiled(`choose ${JSON.stringify(shape)}`, () => chooseKernel(shape, canShare)),
    units: size[1] * size[2] * channels,
    bytesPerUnit: size[0] * width,
    scratchBytes: 0,
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => {
      if (name === "values" || name.startsWith("region")) return at + tables.addressOf(name);
      const [what = "", part = ""] = name.split(".");
      const tap = pass.taps[Number(what.slice(3))];
      return part === "" || tap === undefined ? (numbers[name] ?? Number.NaN) : placeNumber(places(tap.source), part);
    },
  };
};

/** Whether any voxel of any channel chooses a value; looked at only where it cannot be told. */
const isAsked = (
  { taps, regions }: Gather,
  choice: Choice,
  { size, channels }: Buffer,
  places: (buffer: number) => Place,
  value: number,
): boolean => {
  const [nx, ny, nz] = size;
  const inside = regions.map((region) => intervalsOf(region, size));
  const floats = taps.map(({ source }) => places(source));
  const holds = (by: Condition, voxel: number, channel: number): boolean => {
    if ("region" in by) {
      const [row, x] = [Math.floor(voxel / nx), voxel % nx];
      const [start = 0, end = 0] = inside[by.region]?.subarray(2 * row, 2 * row + 2) ?? [];
      return x >= start && x < end;
    }
    const place = floats[by.tap];
    return place !== undefined && place.voxels().data[(channel % place.channels) * nx * ny * nz + voxel] !== 0;
  };
  const asks = (one: Choice, voxel: number, channel: number): boolean => {
    if (one.kind === "either") return asks(holds(one.by, voxel, channel) ? one.then : one.otherwise, voxel, channel);
    return one.kind === "value" && one.value === value;
  };
  for (let channel = 0; channel < channels; channel++)
    for (let voxel = 0; voxel < nx * ny * nz; voxel++) if (asks(choice, voxel, channel)) return true;
  return false;
};

/** Where each row of a domain enters a region and leaves it. */
const intervalsOf = (region: Region, [nx, ny, nz]: Vector3): Int32Array => {
  const ends = new Int32Array(2 * ny * nz);
  for (let row = 0; row < ny * nz; row++) {
    const { start, end } = rowInterval(region, row % ny, Math.floor(row / ny), nx);
    ends.set([start, end], 2 * row);
  }
  return ends;
};

const placeNumber = ({ address, channelBytes, strides }: Place, part: string): number =>
  part === "source" ? address : part === "channelBytes" ? channelBytes : strides[1];

/** Whether a tap reads, for each voxel, the one at the same place, in a volume of the same size. */
const readsInPlace = (tap: Tap, { size }: Buffer, place: Place): boolean =>
  isInPlace(tap) && size.every((n, k) => n === place.size[k]);
