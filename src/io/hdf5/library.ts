/**
 * The HDF5 library as WebAssembly, loaded when it is first needed. What it reads it reads where it lies, as much as it
 * asks for; what it writes are files of its own in memory. What it cannot do it says on its standard error, where it
 * is caught: its own way to throw leaves the C code half-way through what it was doing, after which it is not to be
 * trusted.
 */
import type { File as Hdf5File } from "h5wasm";
import { fail, MedImagesError } from "../../../compiler/errors.ts";
import { bytesSource } from "../source.ts";
import { type FileSystem, listen, mount } from "./files.ts";
import { type Bytes, type HeapWatch, watchHeaps } from "./heap.ts";

type Library = typeof import("h5wasm");

let loading: Promise<Library> | undefined;
let failures = 0;
/** A failed library cannot be unloaded: its memory, some 20 MiB, stays as long as the program runs. */
const mostFailures = 32;

/** The same module under another address is loaded again, with a memory of its own; bundles have no addresses. */
const afresh = async (): Promise<Library> => {
  try {
    return (await import(/* @vite-ignore */ `${import.meta.resolve("h5wasm")}?${failures}`)) as Library;
  } catch {
    return await import("h5wasm");
  }
};

/** After a trap in C its memory is not to be trusted: sound files would be called damaged. */
const abandon = (): void => {
  if (failures >= mostFailures) return;
  failures++;
  loading = undefined;
};

/** Whether the library complained since it was last asked. */
let complained = false;

const filesOf = ({ FS }: Library): FileSystem =>
  (FS as unknown as FileSystem | null) ??
  fail({ kind: "InternalError", phase: "HDF5", reason: "the library has no files" });

const load = async (): Promise<Library> => {
  const library = failures === 0 ? await import("h5wasm") : await afresh();
  await library.ready;
  listen(filesOf(library), () => {
    complained = true;
  });
  return library;
};

/** What the library gets for a file of few bytes; a chunk of one may inflate to gigabytes, which no image needs. */
const leastLimit = 2 ** 28;
/** And for every byte of the file: images hardly deflate to less. */
const limitPerByte = 8;
const pageBytes = 2 ** 16;

/** Does what has to be done in one go, during which no memory of WebAssembly grows beyond `limit` bytes. */
const withinMemory = <A>(limit: number, use: () => A): A => {
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * pageBytes > limit) throw new RangeError("the HDF5 library asks for too much");
    return grow.call(this, pages);
  };
  try {
    return use();
  } finally {
    prototype.grow = grow;
  }
};

let count = 0;

const damaged = (path: string, reason: string, cause?: unknown): never =>
  fail({ kind: "MalformedFile", path, reason, remedy: "get the file again from where it came" }, cause);

interface Opened<A> {
  readonly result: A;
  /** The bytes of the file as it is then, where it was written. */
  readonly bytes: () => Uint8Array;
  readonly discard: () => void;
}

/**
 * Opens a file of the library's file system, which `prepare` puts there, for as long as `use` takes.
 * @throws MedImagesError `MalformedFile` for whatever the library cannot do
 */
const withFile = async <A>(
  name: string,
  mode: "r" | "a" | "w",
  limit: number,
  prepare: (files: FileSystem, path: string) => HeapWatch | undefined,
  use: (file: Hdf5File) => A,
): Promise<Opened<A>> => {
  loading ??= load();
  const library = await loading;
  const { File } = library;
  const files = filesOf(library);
  const path = `image${count++}.h5`;
  const discard = (): void => {
    try {
      files.unlink(path);
    } catch {
      // A file that was never made need not be removed.
    }
  };
  let watch: HeapWatch | undefined;
  let file: Hdf5File | undefined;
  try {
    watch = prepare(files, path);
    const result = withinMemory(limit, () => {
      complained = false;
      // Written in the oldest form, which every reader knows and whose headers carry no checksums of their own.
      const opened = new File(path, mode, mode === "r" ? {} : { libver: ["earliest", "latest"] });
      if (opened.file_id < 0n) throw new Error("the HDF5 library cannot open it");
      file = opened;
      const found = use(opened);
      opened.close();
      // What it could not read it leaves out, and goes on.
      if (complained) throw new Error("the HDF5 library complained");
      return found;
    });
    file = undefined;
    return { result, bytes: () => files.readFile(path), discard };
  } catch (thrown) {
    let trapped = thrown instanceof WebAssembly.RuntimeError;
    try {
      file?.close();
    } catch (later) {
      // It is damaged, which is told already.
      trapped ||= later instanceof WebAssembly.RuntimeError;
    }
    discard();
    if (trapped) abandon();
    const problem = watch?.problem();
    if (problem !== undefined) return damaged(name, problem, thrown);
    if (thrown instanceof MedImagesError && !complained) throw thrown;
    return damaged(name, "its HDF5 structure is damaged or holds what cannot be read", thrown);
  }
};

const checkHeaps = (name: string, watch: HeapWatch): void => {
  const problem = watch.problem();
  if (problem !== undefined) damaged(name, problem);
};

/**
 * What `use` finds in a file.
 * @throws MedImagesError `MalformedFile`
 */
export const readHdf5 = async <A>(name: string, bytes: Bytes, use: (file: Hdf5File) => A): Promise<A> => {
  const watch = watchHeaps(bytes);
  checkHeaps(name, watch);
  const limit = leastLimit + limitPerByte * bytes.size;
  const prepare = (files: FileSystem, path: string): HeapWatch => {
    mount(files, path, bytes.size, watch);
    return watch;
  };
  const { result, discard } = await withFile(name, "r", limit, prepare, use);
  discard();
  return result;
};

/**
 * The bytes of a file to which `use` wrote: a new one, or the one given.
 * @throws MedImagesError `MalformedFile`
 */
export const writeHdf5 = async (
  name: string,
  before: Uint8Array | undefined,
  use: (file: Hdf5File) => void,
): Promise<Uint8Array> => {
  if (before !== undefined) {
    const { size, readNow } = bytesSource(before);
    const watch = watchHeaps({ size, readNow });
    watch.readNow(0, new Uint8Array(size));
    checkHeaps(name, watch);
  }
  const prepare = (files: FileSystem, path: string): undefined => {
    if (before !== undefined) files.writeFile(path, before);
  };
  const mode = before === undefined ? "w" : "a";
  const { bytes, discard } = await withFile(name, mode, Number.POSITIVE_INFINITY, prepare, use);
  try {
    return bytes();
  } finally {
    discard();
  }
};
