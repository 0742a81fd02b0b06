/**
 * Several sums at a time, pair by pair, of addends that come one after the other: of each power of two addends there
 * is at most one sum that waits for the next of its kind.
 */
export class PairwiseSums {
  readonly #count: number;
  /** Sums of 1, 2, 4 … addends; which of them are there is said by the bits of their number. */
  readonly #levels: Float64Array[] = [];
  #addends = 0;

  /** `count`: how many sums there are. */
  constructor(count: number) {
    this.#count = count;
  }

  /** Where the next addends are to be written, all of them, before `add`. */
  next(): Float64Array {
    return this.#free(0);
  }

  /** Adds what was written. */
  add(): void {
    let level = 0;
    for (let bits = this.#addends; bits & 1; bits >>>= 1, level++) {
      // The one that waits comes first; their sum waits a level higher, unless another does.
      const [waiting, coming] = [this.#waiting(level), this.#free(level)];
      const to = this.#free(level + 1);
      for (let k = 0; k < to.length; k++) to[k] = (waiting[k] ?? 0) + (coming[k] ?? 0);
    }
    const [waiting, coming] = [this.#waiting(level), this.#free(level)];
    waiting.set(coming);
    this.#addends++;
  }

  total(): Float64Array {
    const total = new Float64Array(this.#count);
    for (let bits = this.#addends, level = 0; bits !== 0; bits >>>= 1, level++)
      if (bits & 1)
        this.#waiting(level).forEach((value, k) => {
          total[k] = value + (total[k] ?? 0);
        });
    return total;
  }

  #waiting(level: number): Float64Array {
    return this.#at(2 * level);
  }
  #free(level: number): Float64Array {
    return this.#at(2 * level + 1);
  }
  #at(k: number): Float64Array {
    const known = this.#levels[k];
    if (known !== undefined) return known;
    const made = new Float64Array(this.#count);
    this.#levels[k] = made;
    return made;
  }
}
