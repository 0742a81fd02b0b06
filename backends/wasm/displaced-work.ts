/** Displaced looks, their extents and their transposes, as kernels and their numbers. */
import type { Vector3 } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Aim, Buffer, Displaced, DisplacedScatter, Within } from "../../compiler/plan.ts";
import { tieTolerance } from "../../compiler/stencil.ts";
import { compiled } from "./cache.ts";
import { displacedKernel, withinKernel } from "./kernels/displaced.ts";
import { displacedNearestKernel } from "./kernels/displaced-nearest.ts";
import { displacedScatterKernel } from "./kernels/displaced-scatter.ts";
import { canShare } from "./memory.ts";
import { checkExact, dtypeOfBuffer, type Place } from "./places.ts";
import type { Work } from "./work.ts";

type Places = (buffer: number) => Place;
type Numbers = Readonly<Record<string, number>>;

const named = (prefix: string, values: readonly number[]): Numbers =>
  Object.fromEntries(values.map((value, k) => [`${prefix}${k}`, value]));

const aimNumbers = ({ pull, onto, displacement }: Aim, [nx, ny, nz]: Vector3, places: Places): Numbers => ({
  nx,
  ny,
  nz,
  ...named("m", pull.linear),
  ...named("t", pull.offset),
  ...named("onto", onto.linear),
  ...named(
    "displacement",
    displacement.map((buffer) => places(buffer).address),
  ),
});

/** A unit is a row of the output. */
export const displacedWork = (pass: Displaced | Within, output: Buffer, places: Places): Work => {
  const { size, channels } = output;
  const numbers = { ...aimNumbers(pass.aim, size, places), ...lookNumbers(pass, places) };
  return {
    kernel: kernelFor(pass, places),
    units: size[1] * size[2] * channels,
    bytesPerUnit: dtypes[dtypeOfBuffer(output)].bytes * size[0],
    scratchBytes: 0,
    tableBytes: 0,
    writeTables: () => {},
    valueOf: (name) => numbers[name] ?? Number.NaN,
  };
};

const kernelFor = (pass: Displaced | Within, places: Places): Work["kernel"] => {
  if (pass.kind === "within") return compiled("within", () => withinKernel(canShare));
  const { by, boundary, slope, source } = pass;
  const { dtype } = places(source);
  if (by === "nearest" && slope === undefined)
    return compiled(`displaced nearest ${dtype} ${boundary}`, () => displacedNearestKernel(dtype, boundary, canShare));
  const shape = { by, boundary, dtype, ...(slope === undefined ? {} : { slope }) };
  return compiled(`displaced ${JSON.stringify(shape)}`, () => displacedKernel(shape, canShare));
};

const lookNumbers = (pass: Displaced | Within, places: Places): Numbers => {
  if (pass.kind === "within")
    return {
      low: -0.5 - tieTolerance,
      ...named(
        "high",
        pass.extent.map((n) => n - 0.5 - tieTolerance),
      ),
    };
  const place = places(pass.source);
  if (pass.by !== "nearest") checkExact(place);
  const { address: source, channelBytes, size, strides } = place;
  return { source, channelBytes, ...named("n", size), sy: strides[1], sz: strides[2] };
};

/** Bytes of the planes that a job owns: about what a core's cache holds. */
const jobBytes = 2 ** 22;
/** Jobs that the planes of a channel are cut into, whatever the number of threads: each looks at all of the domain. */
const fairJobs = 4;

/** A unit is a plane of the output. */
export const displacedScatterWork = (
  { aim, by, boundary, given }: DisplacedScatter,
  output: Buffer,
  domain: Buffer,
  places: Places,
): Work => {
  const [n0, n1, n2] = output.size;
  const planeBytes = n0 * n1 * 4;
  const numbers: Numbers = {
    ...aimNumbers(aim, domain.size, places),
    ...named("n", output.size),
    given: places(given).address,
  };
  return {
    kernel: compiled(`displaced-scatter ${by} ${boundary}`, () => displacedScatterKernel({ by, boundary }, canShare)),
    units: n2 * output.channels,
    bytesPerUnit: planeBytes,
    unitsPerJob: Math.max(1, Math.min(Math.ceil(n2 / fairJobs), Math.floor(jobBytes / planeBytes))),
    scratchBytes: 0,
    tableBytes: 0,
    writeTables: () => {},
    valueOf: (name) => numbers[name] ?? Number.NaN,
  };
};
