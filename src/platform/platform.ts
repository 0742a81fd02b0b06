/**
 * What the rest of the library asks of the machine it runs on. One implementation for Node and one for
 * browsers stand beside this file; `#platform` picks between them at import, so that nothing else has to.
 */

import type { ThreadHost } from "../../backends/wasm/pool.ts";
import type { GpuSource } from "../../backends/webgpu/acquire.ts";

import type { Offload } from "./offload.ts";

/** Bytes that can be read anywhere: a file on disk, a `Blob`, or an array. Close it when done. */
export interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** Bytes from `offset` on, fewer than `length` only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Reads bytes from `offset` on straight into `target`, and gives their number; where the source can. */
  readonly readInto?: (offset: number, target: Uint8Array) => Promise<number>;
  /** The same without waiting, for libraries that cannot wait; where the source can. */
  readonly readNow?: (offset: number, target: Uint8Array) => number;
  /** All bytes from `offset` on, in pieces. */
  stream(offset: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** What a decompressor reports at the end of a gzip stream. */
export interface GzipEnd {
  /** Problems that did not prevent inflating, in words, such as a checksum that does not agree. */
  readonly warnings: readonly string[];
}

export interface Platform {
  /** Opens a file by path, whose size need not be asked for again where it is known. @throws MedImagesError `FileAccess` */
  openFile(path: string, size?: number): Promise<ByteSource>;
  /** Whether a path exists, and whether it is a folder. */
  kindOfPath(path: string): Promise<"file" | "folder" | "absent">;
  /** The paths of all files in a folder and the folders in it, in no order. @throws MedImagesError `FileAccess` */
  listFolder(path: string): Promise<readonly string[]>;
  /**
   * Writes a file that is complete or absent: under another name beside its place, then renamed.
   * The unfinished file is removed on failure, on abort and when the process is interrupted.
   */
  writeFile(path: string, chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
  /** Makes an empty folder for as long as `use` takes. @throws MedImagesError `FileAccess` */
  withFolder<A>(use: (path: string) => Promise<A>): Promise<A>;
  /** Inflates gzip, all members of it, in pieces; the return value says what was wrong with it. */
  gunzip(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array, GzipEnd>;
  /** Deflates to gzip, in pieces. */
  gzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Inflates one zlib stream (RFC 1950), in pieces. @throws MedImagesError `MalformedFile` */
  unzlib(chunks: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array>;
  /** Deflates to a zlib stream, in pieces. */
  zlib(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Threads for kernels; absent where they cannot share memory. */
  readonly threads: ThreadHost | undefined;
  /**
   * Loads a package by name where it is first needed. Those that ask for Node's modules when they find Node cannot be
   * bundled for browsers, so that no bundler sees them here; in a page its import map has to name them.
   */
  load(name: string): Promise<unknown>;
  /** The same for a package of CommonJS, of which a platform that has it may give the exports themselves. */
  loadCommon(name: string): Promise<unknown>;
  /** Runs programs on threads; absent where there are none for it. */
  readonly offload: Offload | undefined;
  /** Where GPU devices come from. */
  readonly gpu: GpuSource;
  /** Bytes of memory of this machine. */
  readonly totalMemory: number;
  /** A buffer of at least this many bytes that kernels and, where the platform can, threads read where it lies. */
  allocateBuffer(bytes: number): ArrayBufferLike;
}
