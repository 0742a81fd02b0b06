/**
 * Gathers whose source planes follow the output planes alone, as when an image turns within its planes: each
 * plane of output reads one plane, blended along z beforehand. What planes are blended from, and with what weights,
 * is tabled here by the one rule in `compiler/stencil.ts`, so that boundaries along z are settled as well.
 */
import { multiply3 } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Gather, Tap } from "../../compiler/plan.ts";
import { readBox, wholeBox } from "../../compiler/tile.ts";
import { hasPairs } from "./kernels/elements.ts";
import type { PlaneShape } from "./kernels/plane.ts";
import { dtypeOfBuffer, type Place } from "./places.ts";
import { blendWidth } from "./separable-row.ts";
import { axisTable, knotsAlong, singleOf } from "./separable-tables.ts";

export interface Flat {
  /** The tap on a plane: z stays where it is. */
  readonly tap: Tap;
  /** The planes, as if one of them were the source. */
  readonly place: Place;
  readonly plane: PlaneShape;
  readonly table: Int32Array;
  readonly numbers: Readonly<Record<string, number>>;
  readonly scratchBytes: number;
  readonly unitsPerJob: number | undefined;
}

/** Fewer planes than this give threads too little to share out, of however many channels: each comes out as it does alone. */
const fewestPlanes = 8;
/** Bytes of output that are worth a job. */
const jobBytes = 2 ** 17;

export const flatten = (pass: Gather, output: Buffer, places: (buffer: number) => Place): Flat | undefined => {
  const [tap, ...others] = pass.taps;
  if (tap === undefined || others.length > 0 || tap.by === "nearest") return undefined;
  const place = places(tap.source);
  const { linear } = tap.pull;
  if (linear[6] !== 0 || linear[7] !== 0 || !hasPairs(place.dtype)) return undefined;
  const [nx, ny, nz] = output.size;
  const [width, , depth] = place.size;
  const knots = knotsAlong(tap, 2, 2, nz, depth);
  const needed = readBox(tap, wholeBox(output.size), place.size);
  const [from, rows] = [needed.start[1], needed.size[1]];
  const floats = place.dtype === "float32";
  const isDirect = floats && knots.every((at) => singleOf(at) !== undefined);
  // Blending a plane costs a fraction of what it saves for each voxel that looks at it.
  if (!isDirect && (nz < fewestPlanes || nx * ny * 2 < rows * width)) return undefined;
  const samples = Math.ceil((rows * width) / blendWidth) * blendWidth;
  const rowFloats = width * 4;
  const planes = Math.max(1, Math.floor(jobBytes / (nx * ny * dtypes[dtypeOfBuffer(output)].bytes)));
  return {
    tap: { ...tap, pull: { ...tap.pull, linear: multiply3([1, 0, 0, 0, 1, 0, 0, 0, 0], linear) } },
    place: {
      ...place,
      dtype: "float32",
      size: [width, place.size[1], 1],
      box: { start: [0, from, 0], size: [width, rows, 1] },
      strides: [4, rowFloats, 0],
    },
    plane: { by: tap.by, source: place.dtype },
    table: axisTable(knots, place.strides[2], new Uint8Array(nz)),
    numbers: {
      planeDirect: floats ? 1 : 0,
      planeFrom: from * place.strides[1],
      planeSkipped: from * rowFloats,
      planeSamples: samples,
    },
    // Vectors and pairs may be loaded a little beyond the last sample.
    scratchBytes: isDirect ? 0 : samples * 4 + 128,
    unitsPerJob: isDirect ? undefined : ny * planes,
  };
};
