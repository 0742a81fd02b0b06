/** Sums over a domain, compensated so that their error does not grow with it. */
import { exactNumber, type Voxels } from "../../compiler/language/voxels.ts";
import { bodiesOf, type Reduce, totalsLength } from "../../compiler/plan.ts";
import { CompensatedSum } from "./compensated-sum.ts";
import { lookOver, type Samples } from "./look.ts";

export function* reduce(pass: Reduce, buffers: (buffer: number) => Samples, output: Voxels): Generator<void> {
  const sums = Array.from({ length: totalsLength(pass.totals) }, () => new CompensatedSum());
  yield* lookOver(pass, bodiesOf(pass), pass, buffers, ({ x, y, z }, values) => {
    let element = 0;
    const add = (value: number): void => sums[element++]?.add(value);
    values.forEach((value, k) => {
      const given = exactNumber(value());
      add(given);
      if (pass.totals[k]?.moments === true) for (const at of [x, y, z]) add(given * at);
    });
  });
  sums.forEach((sum, k) => {
    output.data[k] = sum.value;
  });
}
