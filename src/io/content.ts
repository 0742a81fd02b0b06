/**
 * The content of a source from its first byte to its last, inflated when the source is gzipped, whatever
 * its name says. Readers take from it in order and only as much as they need, which is what bounds the
 * work that a damaged or hostile file can cause.
 */
import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import type { Warning } from "../image.ts";
import { startsGzip } from "../platform/gzip-member.ts";
import type { ByteSource } from "../platform/platform.ts";
import { concatenate } from "../platform/pushback.ts";
import { type ImageSource, openSource } from "./source.ts";

/** The most bytes that deflate can make of one: 258 for every 2 bits, as zlib's documentation gives it. */
export const largestDeflateRatio = 1032;

export interface Content {
  /** The path, or what a source without one is called in messages. */
  readonly name: string;
  /** Where files that belong to this one may lie; nothing when the source is not a path. */
  readonly path: string | undefined;
  readonly gzipped: boolean;
  /** Bytes of the source as it lies there. */
  readonly sourceSize: number;
  /** No more bytes than this can be inside: exact for a plain source, deflate's limit for a gzipped one. */
  readonly capacity: number;
  /** The source itself, where it is plain: for readers that jump about. */
  readonly source?: ByteSource;
  /** Bytes that were taken or skipped so far. */
  position(): number;
  /** The next `length` bytes, fewer only at the end, left where they are. */
  peek(length: number): Promise<Uint8Array>;
  /** The next `length` bytes, fewer only at the end. */
  take(length: number): Promise<Uint8Array>;
  /** Some of the next bytes, at most `limit` and at least one; nothing at the end. */
  next(limit: number): Promise<Uint8Array | undefined>;
  /** Passes over `length` bytes and gives the number that there were. */
  skip(length: number): Promise<number>;
  /** What was wrong with the packing; complete once the end was reached. */
  warnings(): readonly Warning[];
  close(): Promise<void>;
}

const nothing = new Uint8Array(0);

/** What a content is made of: bytes that come one after the other, and what is known of where they come from. */
export interface ContentParts
  extends Pick<Content, "name" | "path" | "gzipped" | "sourceSize" | "capacity" | "source"> {
  readonly pieces: AsyncIterator<Uint8Array>;
  /** May grow while the pieces are read. */
  readonly warnings: readonly Warning[];
  /** Called once the pieces were given back. */
  close(): Promise<void>;
}

/** Pieces of bytes as something to be read in order. */
export const contentOf = ({ pieces, warnings, close, ...facts }: ContentParts): Content => {
  let held: Uint8Array = nothing;
  let ended = false;
  let position = 0;

  const pull = async (): Promise<Uint8Array | undefined> => {
    while (!ended) {
      const step = await pieces.next();
      if (step.done) ended = true;
      else if (step.value.length > 0) return step.value;
    }
    return undefined;
  };
  const next = async (limit: number): Promise<Uint8Array | undefined> => {
    const piece = held.length > 0 ? held : await pull();
    if (piece === undefined) return undefined;
    held = piece.subarray(limit);
    const part = piece.subarray(0, limit);
    position += part.length;
    return part;
  };
  const peek = async (length: number): Promise<Uint8Array> => {
    while (held.length < length) {
      const more = await pull();
      if (more === undefined) break;
      held = concatenate(held, more);
    }
    return held.subarray(0, length);
  };
  return {
    ...facts,
    position: () => position,
    peek,
    take: async (length) => {
      const taken: Uint8Array[] = [];
      let total = 0;
      while (total < length) {
        const piece = await next(length - total);
        if (piece === undefined) break;
        taken.push(piece);
        total += piece.length;
      }
      const all = new Uint8Array(total);
      let at = 0;
      for (const piece of taken) {
        all.set(piece, at);
        at += piece.length;
      }
      return all;
    },
    next,
    skip: async (length) => {
      let passed = 0;
      while (passed < length) {
        const piece = await next(length - passed);
        if (piece === undefined) break;
        passed += piece.length;
      }
      return passed;
    },
    warnings: () => warnings,
    close: async () => {
      await pieces.return?.();
      await close();
    },
  };
};

/** All that a content has left, in pieces; the content itself stays open. */
export async function* restOf(content: Content): AsyncGenerator<Uint8Array, void> {
  for (let piece = await content.next(2 ** 20); piece !== undefined; piece = await content.next(2 ** 20)) yield piece;
}

/**
 * Opens a source for reading in order.
 * @throws MedImagesError `FileAccess` when it cannot be opened, `MalformedFile` when it is empty.
 */
export const openContent = async (source: ImageSource): Promise<Content> => {
  const bytes = await openSource(source);
  const { name, size } = bytes;
  try {
    if (size === 0) fail({ kind: "MalformedFile", path: name, reason: "is empty: it has no bytes at all" });
    const gzipped = startsGzip(await bytes.read(0, 2));
    const warnings: Warning[] = [];
    if (!gzipped && /\.gz$/i.test(name))
      warnings.push({ kind: "gzip", message: `${name} is not gzipped although its name ends in .gz` });

    async function* inflated(): AsyncGenerator<Uint8Array, void> {
      const end = yield* platform.gunzip(bytes.stream(0), name);
      for (const reason of end.warnings) warnings.push({ kind: "gzip", message: `${name}: ${reason}` });
    }
    return contentOf({
      name,
      path: typeof source === "string" ? source : undefined,
      gzipped,
      sourceSize: size,
      capacity: gzipped ? size * largestDeflateRatio : size,
      ...(gzipped ? {} : { source: bytes }),
      pieces: gzipped ? inflated() : bytes.stream(0)[Symbol.asyncIterator](),
      warnings,
      close: () => bytes.close(),
    });
  } catch (thrown) {
    await bytes.close();
    throw thrown;
  }
};
