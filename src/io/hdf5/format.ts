/** HDF5 as an entry of the table of formats; the library behind it is loaded when it is first needed. */
import type { ImageFormat } from "../format.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export const hdf5Format: ImageFormat = {
  name: "HDF5",
  suffixes: [".h5", ".hdf5"],
  recognizes: (head) => signature.every((byte, at) => head[at] === byte),
  open: async (content, budget) => (await import("./read.ts")).openHdf5(content, budget),
  write: async (path, image, options) => (await import("./write.ts")).saveHdf5(path, image, options),
};
