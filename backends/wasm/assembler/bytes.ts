/**
 * Writes the primitives of the binary format: LEB128 integers, little-endian floats, names, and vectors and
 * sections that start with their own length.
 */

const utf8 = new TextEncoder();

export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  private length = 0;

  byte(value: number): this {
    this.reserve(1);
    this.buffer[this.length++] = value;
    return this;
  }

  bytes(values: ArrayLike<number>): this {
    this.reserve(values.length);
    this.buffer.set(values, this.length);
    this.length += values.length;
    return this;
  }

  /** Unsigned LEB128 of up to 32 bits. */
  u32(value: number): this {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest);
  }

  /** Signed LEB128 of up to 32 bits; 2³¹ … 2³²−1 count as the negative numbers with the same bits. */
  s32(value: number): this {
    let rest = value | 0;
    // Bit 6 of the last byte is the sign, so 64 needs a second byte and −64 does not.
    for (; rest < -64 || rest > 63; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of up to 64 bits, with the same reading of large numbers. */
  s64(value: bigint): this {
    let rest = BigInt.asIntN(64, value);
    for (; rest < -64n || rest > 63n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    return this.byte(Number(rest & 0x7fn));
  }

  f32(value: number): this {
    return this.view(4, (view) => view.setFloat32(0, value, true));
  }

  f64(value: number): this {
    return this.view(8, (view) => view.setFloat64(0, value, true));
  }

  name(text: string): this {
    const encoded = utf8.encode(text);
    return this.u32(encoded.length).bytes(encoded);
  }

  /** A count, then each item. */
  vector<T>(items: readonly T[], write: (item: T, index: number) => void): this {
    this.u32(items.length);
    items.forEach(write);
    return this;
  }

  /** What `write` writes, behind its length in bytes. */
  sized(write: (inner: ByteWriter) => void): this {
    const inner = new ByteWriter();
    write(inner);
    return this.u32(inner.length).bytes(inner.finish());
  }

  section(id: number, write: (inner: ByteWriter) => void): this {
    return this.byte(id).sized(write);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }

  private view(size: number, write: (view: DataView) => void): this {
    this.reserve(size);
    write(new DataView(this.buffer.buffer, this.length, size));
    this.length += size;
    return this;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(2 * this.buffer.length, this.length + more));
    grown.set(this.buffer);
    this.buffer = grown;
  }
}
