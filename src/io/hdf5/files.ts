/**
 * The file system of the HDF5 library, which is Emscripten's: files whose bytes stay where they are until the library
 * asks for them, and its standard error, on which it says what it cannot do.
 */
import type { HeapWatch } from "./heap.ts";

/** What is called of it; the names are Emscripten's. */
export interface FileSystem {
  open(path: string, flags: string): { readonly node: FileNode };
  close(stream: object): void;
  /** What is open. */
  readonly streams: readonly (object | null | undefined)[];
  unlink(path: string): void;
  writeFile(path: string, bytes: Uint8Array): void;
  readFile(path: string): Uint8Array;
  write(stream: { readonly fd: number }, ...rest: readonly [Uint8Array, number, number]): number;
  readonly ErrnoError: new (code: number) => Error;
}
interface FileNode {
  usedBytes: number;
  stream_ops: object;
}

const inputOutputError = 29;

/** Makes a file of which nothing is read before it is asked for, as `createLazyFile` of Emscripten makes files. */
export const mount = (files: FileSystem, path: string, size: number, watch: HeapWatch): void => {
  const stream = files.open(path, "w");
  const { node } = stream;
  files.close(stream);
  Object.defineProperty(node, "usedBytes", { get: () => size });
  const read = (_: object, memory: Int8Array, at: number, length: number, position: number): number => {
    const count = watch.readNow(position, new Uint8Array(memory.buffer, memory.byteOffset + at, length));
    if (watch.problem() !== undefined) throw new files.ErrnoError(inputOutputError);
    return count;
  };
  node.stream_ops = { ...node.stream_ops, read };
};

const standardError = 2;

/** Calls `onComplaint` for what is written to standard error, and keeps it from being shown. */
export const listen = (files: FileSystem, onComplaint: () => void): void => {
  const { write } = files;
  files.write = (stream, ...rest) => {
    if (stream.fd !== standardError) return write(stream, ...rest);
    onComplaint();
    return rest[2];
  };
};

/** Closes what the library left open, but for what was open before. */
export const closeOthers = (files: FileSystem, before: ReadonlySet<object | null | undefined>): void => {
  for (const stream of files.streams)
    if (stream !== null && stream !== undefined && !before.has(stream)) files.close(stream);
};
