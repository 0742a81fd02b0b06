/**
 * Huffman codes of JPEG (ISO 10918-1 annexes C and F) and the bits that they are read from, for the two
 * processes that no kept decoder reads well: 12 bits with DCT, and lossless. All of it stands in one function that
 * uses nothing else, so that its text can be sent to a thread.
 */

export interface HuffmanTable {
  /** By the next bits: length of the code << 8 | its value; 0 where the code is longer. */
  readonly quick: Uint16Array;
  /** The largest code of each length, -1 where there is none, and what to add for the place of its value. */
  readonly largest: Int32Array;
  readonly offset: Int32Array;
  readonly values: Uint8Array;
}

/** The segments of a JPEG codestream up to a scan and behind it: marker, and where its content lies. */
export interface Segment {
  readonly marker: number;
  readonly from: number;
  readonly to: number;
}

/** Bits of an entropy-coded segment, without the zeros that are stuffed behind FF. */
export interface Bits {
  /** A number of up to 16 bits. */
  take(length: number): number;
  symbol(table: HuffmanTable): number;
  /** A difference of `size` bits, the negative ones below half (F.2.2.1). */
  difference(size: number): number;
  /** Passes over a restart marker, from which bits begin anew. */
  restart(): void;
  /** Where the next marker is, once all bits were taken. */
  position(): number;
}

export interface Entropy {
  /** Thrown where the bits end too early or are no code. */
  readonly EntropyProblem: new (
    message: string,
  ) => Error;
  /** The bits from `at` on. */
  readonly Bits: new (
    bytes: Uint8Array,
    at: number,
  ) => Bits;
  /** The next segment with a length from `at` on; nothing at the end of the image. */
  readonly nextSegment: (bytes: Uint8Array, at: number) => Segment | undefined;
  /** Reads the tables of a DHT segment. */
  readonly readHuffmanTables: (
    bytes: Uint8Array,
    segment: Segment,
    keep: (tableClass: number, id: number, table: HuffmanTable) => void,
  ) => void;
}

export const entropy = (): Entropy => {
  /** Codes of up to this length are looked up at once. */
  const quickBits = 9;

  /** The table of so many codes of each length from 1 to 16; nothing when these are no code. */
  const huffmanTable = (counts: Uint8Array, values: Uint8Array): HuffmanTable | undefined => {
    const largest = new Int32Array(17).fill(-1);
    const offset = new Int32Array(17);
    const quick = new Uint16Array(1 << quickBits);
    for (let length = 1, code = 0, k = 0; length <= 16; length++, code <<= 1) {
      const count = counts[length - 1] ?? 0;
      if (code + count > 1 << length) return undefined;
      offset[length] = k - code;
      if (count > 0) largest[length] = code + count - 1;
      if (length <= quickBits) {
        const span = 1 << (quickBits - length);
        for (let c = 0; c < count; c++)
          quick.fill((length << 8) | (values[k + c] ?? 0), (code + c) * span, (code + c + 1) * span);
      }
      code += count;
      k += count;
    }
    return { quick, largest, offset, values };
  };

  /** Thrown where the bits end too early or are no code. */
  class EntropyProblem extends Error {}

  /** Bits of an entropy-coded segment, without the zeros that are stuffed behind FF. */
  class EntropyBits implements Bits {
    readonly #bytes: Uint8Array;
    /** The next byte to be taken. */
    #at: number;
    #held = 0;
    #count = 0;
    /** Bits of zeros that were handed out although a marker or the end was reached. */
    #invented = 0;

    constructor(bytes: Uint8Array, at: number) {
      this.#bytes = bytes;
      this.#at = at;
    }

    #fill(): void {
      while (this.#count <= 16) {
        const byte = this.#bytes[this.#at];
        if (byte === undefined || (byte === 0xff && this.#bytes[this.#at + 1] !== 0)) {
          this.#invented += 8;
          this.#held = (this.#held << 8) & 0xffffff;
        } else {
          this.#at += byte === 0xff ? 2 : 1;
          this.#held = ((this.#held << 8) | byte) & 0xffffff;
        }
        this.#count += 8;
      }
    }

    #use(length: number): void {
      this.#count -= length;
      if (this.#count < this.#invented) throw new EntropyProblem("its data are cut off");
    }

    /** A number of up to 16 bits. */
    take(length: number): number {
      if (length === 0) return 0;
      this.#fill();
      const value = (this.#held >> (this.#count - length)) & ((1 << length) - 1);
      this.#use(length);
      return value;
    }

    symbol({ quick, largest, offset, values }: HuffmanTable): number {
      this.#fill();
      const found = quick[(this.#held >> (this.#count - quickBits)) & ((1 << quickBits) - 1)] ?? 0;
      if (found !== 0) {
        this.#use(found >> 8);
        return found & 255;
      }
      for (let length = 1; length <= 16; length++) {
        const code = (this.#held >> (this.#count - length)) & ((1 << length) - 1);
        if (code <= (largest[length] ?? -1)) {
          this.#use(length);
          return values[code + (offset[length] ?? 0)] ?? 0;
        }
      }
      throw new EntropyProblem("a Huffman code is not known");
    }

    /** A difference of `size` bits, the negative ones below half (F.2.2.1). */
    difference(size: number): number {
      const value = this.take(size);
      return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    /** Passes over a restart marker, from which bits begin anew. */
    restart(): void {
      this.#held = 0;
      this.#count = 0;
      this.#invented = 0;
      const [first, second = 0] = this.#bytes.subarray(this.#at, this.#at + 2);
      if (first !== 0xff || (second & 0xf8) !== 0xd0) throw new EntropyProblem("a restart marker is missing");
      this.#at += 2;
    }

    /** Where the next marker is, once all bits were taken. */
    position(): number {
      return this.#at;
    }
  }

  /** The next segment with a length from `at` on; nothing at the end of the image. */
  const nextSegment = (bytes: Uint8Array, at: number): Segment | undefined => {
    for (let k = at; k + 4 <= bytes.length; k++) {
      const marker = bytes[k + 1] ?? 0;
      if (bytes[k] !== 0xff || marker === 0xff || marker === 0 || (marker >= 0xd0 && marker <= 0xd8)) continue;
      if (marker === 0xd9) return undefined;
      const length = ((bytes[k + 2] ?? 0) << 8) | (bytes[k + 3] ?? 0);
      if (length < 2 || k + 2 + length > bytes.length) throw new EntropyProblem("a segment is cut off");
      return { marker, from: k + 4, to: k + 2 + length };
    }
    return undefined;
  };

  /** Reads the tables of a DHT segment. */
  const readHuffmanTables = (
    bytes: Uint8Array,
    { from, to }: Segment,
    keep: (tableClass: number, id: number, table: HuffmanTable) => void,
  ): void => {
    for (let at = from; at < to; ) {
      const head = bytes[at] ?? 0;
      const counts = bytes.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, n) => sum + n, 0);
      if (at + 17 + total > to) throw new EntropyProblem("a Huffman table is cut off");
      const table = huffmanTable(counts, bytes.subarray(at + 17, at + 17 + total));
      if (table === undefined) throw new EntropyProblem("a Huffman table is no code");
      keep(head >> 4, head & 15, table);
      at += 17 + total;
    }
  };

  return { EntropyProblem, Bits: EntropyBits, nextSegment, readHuffmanTables };
};
