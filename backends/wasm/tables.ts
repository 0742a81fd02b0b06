/** The tables of a run, which kernels look things up in. */

/** Arrays one behind the other; `name` is the address of one, `nameEnd` of its end. */
export class Tables {
  readonly bytes: number;
  readonly #arrays: readonly (readonly [name: string, array: ArrayBufferView, address: number])[];

  constructor(arrays: Readonly<Record<string, ArrayBufferView>>) {
    let next = 0;
    this.#arrays = Object.entries(arrays).map(([name, array]) => {
      const address = next;
      next += Math.ceil(array.byteLength / 64) * 64;
      return [name, array, address];
    });
    this.bytes = next;
  }

  write(buffer: ArrayBufferLike, at: number): void {
    for (const [, array, address] of this.#arrays)
      new Uint8Array(buffer, at + address, array.byteLength).set(
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
      );
  }

  addressOf(name: string): number {
    for (const [known, array, address] of this.#arrays) {
      if (known === name) return address;
      if (`${known}End` === name) return address + array.byteLength;
    }
    throw new RangeError(`there is no table ${name}`);
  }
}
