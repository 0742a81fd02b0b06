/** The transpose of a tap: what each voxel of the domain has is given to the samples that it would read. */
import { product } from "../../compiler/language/vector.ts";
import { exactNumber, quantize } from "../../compiler/language/voxels.ts";
import type { Scatter } from "../../compiler/plan.ts";
import { lookOver, type Samples, Stencils } from "./look.ts";

export function* scatter(
  pass: Scatter,
  buffers: (buffer: number) => Samples,
  { voxels, size }: Samples,
): Generator<void> {
  const sums = new Float64Array(voxels.data.length);
  const stencils = new Stencils(pass.through, size);
  yield* lookOver(pass, [pass.body], pass, buffers, ({ channel, x, y, z }, [value]) => {
    const given = value === undefined ? 0 : exactNumber(value());
    if (given === 0) return;
    const start = (channel % voxels.channels) * product(size);
    stencils.row(pass.through.pull, y, z);
    stencils.moveTo(x);
    stencils.forEach((offset, weight) => {
      sums[start + offset] = (sums[start + offset] as number) + weight * given;
    });
  });
  sums.forEach((sum, k) => {
    voxels.data[k] = quantize(voxels.dtype, sum);
  });
}
