/**
 * The HDF5 library as WebAssembly, loaded when it is first needed. It works on files of its own in memory; what it
 * cannot do it says by throwing.
 */
import type { File as Hdf5File } from "h5wasm";
import { fail, MedImagesError } from "../../../compiler/errors.ts";

type Library = typeof import("h5wasm");

let loading: Promise<Library> | undefined;

const load = async (): Promise<Library> => {
  const library = await import("h5wasm");
  const module = await library.ready;
  module.activate_throwing_error_handler();
  return library;
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
    file = new File(path, mode);
    const result = use(file);
    file.close();
    file = undefined;
    return { result, bytes: () => FS.readFile(path), discard };
  } catch (thrown) {
    try {
      file?.close();
    } catch {
      // It is damaged, which is told already.
    }
    discard();
    if (thrown instanceof MedImagesError) throw thrown;
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
