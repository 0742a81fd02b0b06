/**
 * The HDF5 library as WebAssembly, loaded when it is first needed. It works on files of its own in memory. What it
 * cannot do it says on its standard error, where it is caught: its own way to throw leaves the C code half-way
 * through what it was doing, after which it is not to be trusted.
 */
import type { File as Hdf5File } from "h5wasm";
import { fail, MedImagesError } from "../../../compiler/errors.ts";
import { heapProblem } from "./heap.ts";

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
const standardError = 2;

const listen = (files: object): void => {
  type Write = (stream: { readonly fd: number }, ...rest: readonly [Uint8Array, number, number]) => number;
  const hooks = files as { write: Write };
  const { write } = hooks;
  hooks.write = (stream, ...rest) => {
    if (stream.fd !== standardError) return write(stream, ...rest);
    complained = true;
    return rest[2];
  };
};

const load = async (): Promise<Library> => {
  const library = failures === 0 ? await import("h5wasm") : await afresh();
  await library.ready;
  if (library.FS !== null) listen(library.FS);
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

/**
 * Opens bytes as an HDF5 file, or a new one where there are none, for as long as `use` takes. What `use` gives comes
 * with the bytes of the file as it is then, where `writes` says that they are wanted.
 * @throws MedImagesError `MalformedFile` for whatever the library cannot do
 */
const withFile = async <A>(
  name: string,
  bytes: Uint8Array | undefined,
  mode: "r" | "a" | "w",
  use: (file: Hdf5File) => A,
): Promise<{ readonly result: A; readonly bytes: () => Uint8Array; readonly discard: () => void }> => {
  const problem = bytes === undefined ? undefined : heapProblem(bytes);
  if (problem !== undefined)
    fail({ kind: "MalformedFile", path: name, reason: problem, remedy: "get the file again from where it came" });
  loading ??= load();
  const { File, FS } = await loading;
  if (FS === null) return fail({ kind: "InternalError", phase: "HDF5", reason: "the library has no files" });
  const path = `image${count++}.h5`;
  const discard = (): void => {
    try {
      FS.unlink(path);
    } catch {
      // A file that was never made need not be removed.
    }
  };
  let file: Hdf5File | undefined;
  try {
    if (bytes !== undefined) FS.writeFile(path, bytes);
    const limit = mode === "r" ? leastLimit + limitPerByte * (bytes?.length ?? 0) : Number.POSITIVE_INFINITY;
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
    return { result, bytes: () => FS.readFile(path), discard };
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
    if (thrown instanceof MedImagesError && !complained) throw thrown;
    return fail(
      {
        kind: "MalformedFile",
        path: name,
        reason: "its HDF5 structure is damaged or holds what cannot be read",
        remedy: "get the file again from where it came",
      },
      thrown,
    );
  }
};

/** What `use` finds in a file. */
export const readHdf5 = async <A>(name: string, bytes: Uint8Array, use: (file: Hdf5File) => A): Promise<A> => {
  const { result, discard } = await withFile(name, bytes, "r", use);
  discard();
  return result;
};

/** The bytes of a file to which `use` wrote: a new one, or the one given. */
export const writeHdf5 = async (
  name: string,
  before: Uint8Array | undefined,
  use: (file: Hdf5File) => void,
): Promise<Uint8Array> => {
  const { bytes, discard } = await withFile(name, before, before === undefined ? "w" : "a", use);
  try {
    return bytes();
  } finally {
    discard();
  }
};
