/** MetaImage as an entry of the table of formats; reader and writer are loaded when they are first needed. */
import type { ImageFormat } from "../format.ts";

/** Headers begin with one of these as a rule; where they do not, the name has to tell. */
const looksLikeMetaImage = (head: Uint8Array, name: string): boolean => {
  const text = String.fromCharCode(...head.subarray(0, 64));
  return /^\s*(ObjectType|NDims)\s*=/.test(text) || (/\.mh[ad](\.gz)?$/i.test(name) && /^\s*\w+\s*[=:]/.test(text));
};

export const metaImageFormat: ImageFormat = {
  name: "MetaImage",
  suffixes: [".mha", ".mhd"],
  recognizes: looksLikeMetaImage,
  open: async (content, budget) => (await import("./read.ts")).openMetaImage(content, budget),
  write: async (path, image, options) => (await import("./write.ts")).saveMetaImage(path, image, options),
};
