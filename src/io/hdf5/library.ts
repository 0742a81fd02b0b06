/**
 * The HDF5 library as WebAssembly, loaded when it is first needed. What it reads it reads where it lies, as much as it
 * asks for; what it writes are files of its own in memory. What it cannot do it says on its standard error, where it
 * is caught: its own way to throw leaves the C code half-way through what it was doing. After every file it is put back
 * to what it was when it was loaded.
 */
import type { File as Hdf5File } from "h5wasm";
import { fail, MedImagesError } from "../../../compiler/errors.ts";
import { bytesSource } from "../source.ts";
import { closeOthers, type FileSystem, listen, mount } from "./files.ts";
import { type Bytes, type HeapWatch, watchHeaps } from "./heap.ts";
import { type Machine, sharedMachine, withMachine } from "./machine.ts";

type Library = typeof import("h5wasm");

/** Whether the library complained since it was last asked. */
let complained = false;

const filesOf = ({ FS }: Library): FileSystem =>
  (FS as unknown as FileSystem | null) ??
  fail({ kind: "InternalError", phase: "HDF5", reason: "the library has no files" });

const memoryOf = ({ Module }: Library): ArrayBufferLike => (Module as unknown as { HEAPU8: Uint8Array }).HEAPU8.buffer;

interface Loaded {
  readonly library: Library;
  readonly machine: Machine;
}

/** The same module under another address is one of our own; bundles have no addresses. */
const ownAddress = (): string | undefined => {
  try {
    return `${import.meta.resolve("h5wasm")}?medimages`;
  } catch {
    return undefined;
  }
};

const readied = async (loaded: Promise<Library>): Promise<Library> => {
  const library = await loaded;
  await library.ready;
  listen(filesOf(library), () => {
    complained = true;
  });
  // It prepares itself at the first file, so that this is not to be done again for each.
  const path = "first.h5";
  new library.File(path, "w").close();
  filesOf(library).unlink(path);
  return library;
};

/** Whoever else uses the library has files open in it, which must not be forgotten. */
const load = async (): Promise<Loaded> => {
  const address = ownAddress();
  if (address !== undefined)
    try {
      return await withMachine(() => readied(import(/* @vite-ignore */ address)), memoryOf);
    } catch {
      // Where it cannot be loaded so, it is shared.
    }
  return { library: await readied(import("h5wasm")), machine: sharedMachine };
};

let loading: Promise<Loaded> | undefined;

/** What the library gets for a file of few bytes; a chunk of one may inflate to gigabytes, which no image needs. */
const leastLimit = 2 ** 28;
/** And for every byte of the file: images hardly deflate to less. */
const limitPerByte = 8;

let count = 0;

const damaged = (path: string, reason: string, cause?: unknown): never =>
  fail({ kind: "MalformedFile", path, reason, remedy: "get the file again from where it came" }, cause);

const closeQuietly = (file: Hdf5File | undefined): void => {
  try {
    file?.close();
  } catch {
    // It is damaged, which is told already.
  }
};

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
  const { library, machine } = await loading;
  const files = filesOf(library);
  const path = `image${count++}.h5`;
  const open = new Set(files.streams);
  const discard = (): void => {
    try {
      closeOthers(files, open);
      files.unlink(path);
    } catch {
      // A file that was never made need not be removed.
    }
  };
  let watch: HeapWatch | undefined;
  let file: Hdf5File | undefined;
  try {
    watch = prepare(files, path);
    const result = machine.run(limit, () => {
      complained = false;
      // Written in the oldest form, which every reader knows and whose headers carry no checksums of their own.
      file = new library.File(path, mode, mode === "r" ? {} : { libver: ["earliest", "latest"] });
      if (file.file_id < 0n) throw new Error("the HDF5 library cannot open it");
      const found = use(file);
      file.close();
      // What it could not read it leaves out, and goes on.
      if (complained) throw new Error("the HDF5 library complained");
      return found;
    });
    return { result, bytes: () => files.readFile(path), discard };
  } catch (thrown) {
    if (!machine.forgets) closeQuietly(file);
    discard();
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
