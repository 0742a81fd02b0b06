/** Sums over a domain, compensated so that their error does not grow with it. */
import { exactNumber, type Voxels } from "../../compiler/language/voxels.ts";
import { bodiesOf, type Reduce, totalsLength } from "../../compiler/plan.ts";
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

/** Neumaier 1974: what each addition loses is summed beside. */
class CompensatedSum {
  #sum = 0;
  #lost = 0;

  add(value: number): void {
    const next = this.#sum + value;
    const [large, small] = Math.abs(this.#sum) >= Math.abs(value) ? [this.#sum, value] : [value, this.#sum];
    // Where a value is not finite there is nothing to compensate.
    if (Number.isFinite(next)) this.#lost += large - next + small;
    this.#sum = next;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}
