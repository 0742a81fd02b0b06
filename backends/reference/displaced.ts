/** Looks that a displacement moves, whether they lead into an extent, and their transpose. */
import { type Axis, at, axes, product, type Vector3, vector } from "../../compiler/language/vector.ts";
import { allocate, dtypes, exactNumber, quantize, type Voxels } from "../../compiler/language/voxels.ts";
import type { Aim, Displaced, DisplacedScatter, Within } from "../../compiler/plan.ts";
import { rowOf, withinExtent } from "../../compiler/region.ts";
import { type Samples, Stencils } from "./look.ts";
import type { Element } from "./scalar.ts";

type Buffers = (buffer: number) => Samples;

/** Calls `visit` for each index of the domain, with the number of its voxel and where the aim leads; pauses after each row. */
function* aimOver(
  { pull, onto, displacement }: Aim,
  buffers: Buffers,
  visit: (voxel: number, position: Vector3) => void,
): Generator<void> {
  const components = displacement.map(buffers);
  const [nx, ny, nz] = components[0]?.size ?? [0, 0, 0];
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) {
      const { base, step } = rowOf(pull, y, z);
      for (let x = 0; x < nx; x++) {
        const voxel = (z * ny + y) * nx + x;
        const moved = components.map(({ voxels }) => exactNumber(voxels.data[voxel] as Element));
        visit(
          voxel,
          vector((row) => {
            const by = axes.reduce<number>(
              (sum, column) => sum + at(onto.linear, row, column) * (moved[column] ?? 0),
              0,
            );
            return base[row] + step[row] * x + by;
          }),
        );
      }
      yield;
    }
}

export function* displaced(pass: Displaced, buffers: Buffers, output: Voxels): Generator<void> {
  const { voxels, size } = buffers(pass.source);
  const stencils = new Stencils(pass, size);
  if (pass.by === "nearest" && pass.slope === undefined) {
    yield* nearest(pass, { voxels, size }, buffers, output);
    return;
  }
  const sum =
    (start: number, slope?: Axis): ((position: Vector3) => number) =>
    (position) => {
      stencils.moveBy(position, slope);
      let total = 0;
      stencils.forEach((offset, weight) => {
        total += weight * exactNumber(voxels.data[start + offset] as Element);
      });
      return total;
    };
  for (let channel = 0; channel < voxels.channels; channel++) {
    const valueAt = sum(channel * product(size), pass.slope);
    const first = (channel * output.data.length) / voxels.channels;
    yield* aimOver(pass.aim, buffers, (voxel, position) => {
      output.data[first + voxel] = position.every(Number.isFinite) ? valueAt(position) : Number.NaN;
    });
  }
}

/** The nearest voxels themselves, of any dtype; none, which is NaN where the dtype has that, where looks lead nowhere. */
function* nearest(pass: Displaced, { voxels, size }: Samples, buffers: Buffers, output: Voxels): Generator<void> {
  const stencils = new Stencils(pass, size);
  // Integers have 0 for what is no number.
  const none = dtypes[output.dtype].integer ? (allocate(output.dtype, 1)[0] as Element) : Number.NaN;
  const data: { [voxel: number]: Element } = output.data;
  for (let channel = 0; channel < voxels.channels; channel++) {
    const first = (channel * output.data.length) / voxels.channels;
    yield* aimOver(pass.aim, buffers, (voxel, position) => {
      stencils.moveBy(position);
      stencils.forEach((offset) => {
        const found = voxels.data[channel * product(size) + offset] as Element;
        data[first + voxel] = position.every(Number.isFinite) ? found : none;
      });
    });
  }
}

export const within = ({ aim, extent }: Within, buffers: Buffers, output: Voxels): Generator<void> =>
  aimOver(aim, buffers, (voxel, position) => {
    output.data[voxel] = axes.every((axis) => withinExtent(position[axis], extent[axis])) ? 1 : 0;
  });

export function* displacedScatter(
  pass: DisplacedScatter,
  buffers: Buffers,
  { voxels, size }: Samples,
): Generator<void> {
  const given = buffers(pass.given).voxels;
  const stencils = new Stencils(pass, size);
  const sums = new Float64Array(voxels.data.length);
  for (let channel = 0; channel < voxels.channels; channel++) {
    const first = (channel * given.data.length) / voxels.channels;
    const start = channel * product(size);
    yield* aimOver(pass.aim, buffers, (voxel, position) => {
      const value = exactNumber(given.data[first + voxel] as Element);
      if (value === 0 || !position.every(Number.isFinite)) return;
      stencils.moveBy(position);
      stencils.forEach((offset, weight) => {
        sums[start + offset] = (sums[start + offset] as number) + weight * value;
      });
    });
  }
  sums.forEach((sum, k) => {
    voxels.data[k] = quantize(voxels.dtype, sum);
  });
}
