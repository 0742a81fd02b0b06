/** gzip and zlib in pieces, on the thread pool of Node. */
import { Readable } from "node:stream";
import { constants, crc32, createDeflate, createInflate, createInflateRaw, deflateRaw } from "node:zlib";
import { MedImagesError } from "../../compiler/errors.ts";
import { corrupt, gunzipMembers } from "./gunzip.ts";
import { gzipHeader, gzipTrailer } from "./gzip-member.ts";
import { codeOf } from "./node-errors.ts";
import type { GzipEnd } from "./platform.ts";
import { type Pushback, pushbackOf } from "./pushback.ts";

const chunkSize = 2 ** 20;

/** Inflates one deflate stream as far as its consumer pulls and puts back what follows it. */
async function* inflateMember(
  input: Pushback,
  path: string,
  wrapping: "gzip" | "zlib" = "gzip",
): AsyncGenerator<Uint8Array, void> {
  // One piece per read: zlib's pieces are used where they lie, never joined.
  const options = { chunkSize, readableObjectMode: true, readableHighWaterMark: 3 };
  const inflate = wrapping === "gzip" ? createInflateRaw(options) : createInflate(options);
  let fed = 0;
  let last: Uint8Array = new Uint8Array(0);
  let over = false;
  let wake = (): void => {};
  const feed = async (): Promise<void> => {
    while (!over) {
      const piece = await input.next();
      if (piece === undefined) {
        inflate.end();
        return;
      }
      last = piece;
      fed += piece.length;
      if (over) return;
      // A write that reaches beyond the end of the stream need not be answered: `wake` does it then.
      await new Promise<void>((done) => {
        wake = done;
        inflate.write(piece, () => done());
      });
      // zlib leaves bytes only when its stream has ended.
      if (inflate.bytesWritten < fed) return;
    }
  };
  const feeding = feed().catch((thrown: unknown) => {
    inflate.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
  });
  try {
    for await (const piece of inflate) yield piece as Uint8Array;
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    const cut = codeOf(thrown) === "Z_BUF_ERROR";
    const reason = cut
      ? `its ${wrapping} stream is cut off`
      : `its ${wrapping} data are damaged and cannot be inflated`;
    corrupt(path, reason, thrown);
  } finally {
    over = true;
    wake();
    inflate.destroy();
    await feeding;
  }
  input.putBack(last.subarray(last.length - (fed - inflate.bytesWritten)));
}

/** Level 1, as nibabel: higher levels cost several times the time for a tenth of the size. */
const deflateOptions = { level: 1, chunkSize: chunkSize / 2, finishFlush: constants.Z_SYNC_FLUSH };
const deflatePiece = (piece: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    deflateRaw(piece, deflateOptions, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
const inFlight = 4;
const emptyFinalBlock = new Uint8Array([3, 0]);

async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += chunkSize) yield chunk.subarray(at, at + chunkSize);
}

/**
 * One gzip member whose pieces are deflated side by side, each ending on a byte boundary, as pigz does.
 * The bytes depend on the pieces only, not on the number of threads.
 */
export async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let checksum = 0;
  let length = 0;
  const queue: Promise<Uint8Array>[] = [];
  try {
    yield gzipHeader();
    for await (const piece of pieces(chunks)) {
      checksum = crc32(piece, checksum);
      length += piece.length;
      queue.push(deflatePiece(piece));
      const first = queue.length >= inFlight ? queue.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = queue.shift(); first !== undefined; first = queue.shift()) yield await first;
    yield emptyFinalBlock;
    yield gzipTrailer(checksum, length);
  } finally {
    await Promise.allSettled(queue);
  }
}

/** All members of a gzip file. */
export const gunzip = (chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array, GzipEnd> =>
  gunzipMembers(chunks, name, inflateMember, crc32);

/** The stream checks its own checksum; what follows it is left alone. */
export async function* unzlib(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void> {
  const input = pushbackOf(chunks);
  try {
    yield* inflateMember(input, path, "zlib");
  } finally {
    await input.close();
  }
}

export async function* zlib(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const deflate = createDeflate({ level: 1, chunkSize: chunkSize / 2 });
  const source = Readable.from(pieces(chunks), { objectMode: true });
  source.on("error", (thrown) => deflate.destroy(thrown));
  try {
    for await (const piece of source.pipe(deflate)) yield piece as Uint8Array;
  } finally {
    source.destroy();
    deflate.destroy();
  }
}
