/** Neumaier 1974: what each addition loses is summed beside. */
export class CompensatedSum {
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
