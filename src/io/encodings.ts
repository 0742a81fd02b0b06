/**
 * How voxels are packed behind a header in text, and the plain bytes that each packing gives, as far as they are
 * asked for: a packing is not believed to hold what a header says that it holds.
 */
import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import type { DType } from "../../compiler/language/voxels.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Warning } from "../image.ts";
import { startsGzip } from "../platform/gzip-member.ts";
import { pushbackOf } from "../platform/pushback.ts";
import { type Content, contentOf, largestDeflateRatio } from "./content.ts";
import type { Part } from "./data-files.ts";
import { bytesOfDecimals, bytesOfHex } from "./number-text.ts";

export type Encoding = "raw" | "gzip" | "zlib" | "bzip2" | "ascii" | "hex";

/** What stands before the voxels of each part. */
export interface Skipped {
  /** Lines, before anything is unpacked. */
  readonly lines: number;
  /** Bytes, after unpacking; -1 for all but the last bytes, as many as the voxels take. */
  readonly bytes: number;
}

export interface Packing {
  readonly encoding: Encoding;
  readonly skipped: Skipped;
  readonly dtype: DType;
}

/** What the unpacked bytes of one part are for. */
interface Wanted {
  readonly name: string;
  readonly dtype: DType;
  /** The header asks for no more bytes than this. */
  readonly bytes: number;
  readonly warnings: Warning[];
}

interface Unpacking {
  /** No more bytes than this come of a part of so many bytes. */
  capacity(size: number, dtype: DType): number;
  unpack(pieces: AsyncIterable<Uint8Array>, wanted: Wanted): AsyncIterable<Uint8Array>;
}

async function* gunzipped(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  warnings: Warning[],
): AsyncGenerator<Uint8Array, void> {
  const end = yield* platform.gunzip(pieces, name);
  for (const reason of end.warnings) warnings.push({ kind: "gzip", message: `${name}: ${reason}` });
}

/** Files that claim the one wrapping of deflate have the other at times. */
async function* inflated(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  warnings: Warning[],
): AsyncGenerator<Uint8Array, void> {
  const input = pushbackOf(pieces);
  const gzip = startsGzip(await input.peek(2));
  async function* all(): AsyncGenerator<Uint8Array, void> {
    for (let piece = await input.next(); piece !== undefined; piece = await input.next()) yield piece;
  }
  try {
    yield* gzip ? gunzipped(all(), name, warnings) : platform.unzlib(all(), name);
  } finally {
    await input.close();
  }
}

const deflated: Unpacking = {
  capacity: (size) => size * largestDeflateRatio,
  unpack: (pieces, { name, warnings }) => inflated(pieces, name, warnings),
};

const unpackings: Readonly<Record<Encoding, Unpacking>> = {
  raw: { capacity: (size) => size, unpack: (pieces) => pieces },
  gzip: deflated,
  zlib: deflated,
  // It has no limit that would tell anything: a few bytes may stand for megabytes.
  bzip2: {
    capacity: () => Number.POSITIVE_INFINITY,
    async *unpack(pieces, { name, bytes }) {
      const { bunzip2 } = await import("./bunzip2.ts");
      yield* bunzip2(pieces, name, bytes);
    },
  },
  // A digit and what parts it from the next.
  ascii: {
    capacity: (size, dtype) => Math.ceil(size / 2) * dtypes[dtype].bytes,
    unpack: (pieces, { name, dtype }) => bytesOfDecimals(pieces, dtype, name),
  },
  hex: { capacity: (size) => Math.floor(size / 2), unpack: (pieces, { name }) => bytesOfHex(pieces, name) },
};

const cut = (name: string, there: number, bytes: number): never =>
  fail({
    kind: "MalformedFile",
    path: name,
    reason: `is cut off: ${Math.max(0, there)} of ${bytes} bytes of voxels are there`,
    remedy: "get the file again from where it came",
  });

async function* withoutLines(pieces: AsyncIterable<Uint8Array>, lines: number): AsyncGenerator<Uint8Array, void> {
  let left = lines;
  for await (const piece of pieces) {
    let start = 0;
    while (left > 0) {
      const end = piece.indexOf(10, start);
      if (end < 0) break;
      start = end + 1;
      left--;
    }
    if (left === 0) yield piece.subarray(start);
  }
}

async function* withoutBytes(pieces: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array, void> {
  let left = bytes;
  for await (const piece of pieces) {
    const passed = Math.min(left, piece.length);
    left -= passed;
    if (passed < piece.length) yield piece.subarray(passed);
  }
}

const unpacked = (part: Part, bytes: number, packing: Packing, warnings: Warning[]): AsyncIterable<Uint8Array> => {
  const { encoding, skipped, dtype } = packing;
  if (skipped.bytes < 0 && (encoding !== "raw" || !part.exact))
    fail({
      kind: "UnsupportedFile",
      path: part.name,
      reason: "its voxels are to be found from the end of a compressed file, whose end is not known",
      remedy: "decompress it first",
    });
  const toPass = skipped.bytes < 0 ? part.size - bytes : skipped.bytes;
  if (toPass < 0) cut(part.name, part.size, bytes);
  const packed = skipped.lines > 0 ? withoutLines(part.stream(), skipped.lines) : part.stream();
  const plain = unpackings[encoding].unpack(packed, {
    name: part.name,
    dtype,
    bytes: toPass + bytes,
    warnings,
  });
  return toPass > 0 ? withoutBytes(plain, toPass) : plain;
};

/** The share of one part among several, which has to be complete. */
async function* share(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  bytes: number,
): AsyncGenerator<Uint8Array, void> {
  let done = 0;
  for await (const piece of pieces) {
    const taken = piece.subarray(0, bytes - done);
    done += taken.length;
    if (taken.length > 0) yield taken;
    // A part is followed to its end, where checksums are, but no further than to its first byte too many.
    if (taken.length < piece.length) return;
  }
  if (done < bytes) cut(name, done, bytes);
}

/**
 * The voxels of all parts as one content, from their first byte on. `bytes` is what the header claims that all of
 * them hold together; each holds as much as the others.
 * @throws MedImagesError `MalformedFile` when a part is too short for its share
 */
export const unpackedParts = (header: Content, parts: readonly Part[], bytes: number, packing: Packing): Content => {
  const { capacity } = unpackings[packing.encoding];
  const warnings: Warning[] = [];
  const each = bytes / parts.length;
  const before = Math.max(0, packing.skipped.bytes);
  const sizes = parts.map(({ size }) => Math.max(0, capacity(size, packing.dtype) - before));
  if (parts.length > 1)
    parts.forEach(({ name }, k) => {
      if ((sizes[k] ?? 0) < each) cut(name, sizes[k] ?? 0, each);
    });
  async function* all(): AsyncGenerator<Uint8Array, void> {
    for (const part of parts) {
      const plain = unpacked(part, each, packing, warnings);
      yield* parts.length === 1 ? plain : share(plain, part.name, each);
    }
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return contentOf({
    name: header.name,
    path: header.path,
    gzipped: packing.encoding !== "raw" || header.gzipped,
    sourceSize: sum(parts.map(({ size, exact }) => (exact ? size : header.sourceSize))),
    capacity: sum(sizes),
    pieces: all(),
    warnings,
    close: async () => {},
  });
};
