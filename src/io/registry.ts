/**
 * Formats that this package does not know, added by whoever does: how to tell such a file, how to make an image of
 * its bytes, and the bytes of an image. Files, gzip, budgets and atomic writing stay with the library.
 */
import type { CustomFormat } from "./custom-format.ts";
import type { ImageFormat } from "./format.ts";

export type { CustomFormat, FileBytes, SourceFile } from "./custom-format.ts";

const registered: ImageFormat[] = [];
export const registeredFormats = (): readonly ImageFormat[] => registered;

/** The work with files is loaded when there is some. */
const adapted = (format: CustomFormat): ImageFormat => {
  const { name, suffixes, write } = format;
  return {
    name,
    suffixes,
    recognizes: (head, path) => format.sniff(head, path),
    open: async (content, budget) => (await import("./custom-format.ts")).openCustom(format, content, budget),
    ...(write === undefined
      ? {}
      : {
          write: async (path, image, options) =>
            (await import("./custom-format.ts")).writeCustom(path, await write(image, path), options),
        }),
  };
};

/**
 * Adds a format to those that `loadImage`, `loadHeader` and `saveImage` know. It is asked before those that come
 * with the package, the latest first.
 * @returns what takes it away again
 */
export const registerFormat = (format: CustomFormat): (() => void) => {
  const entry = adapted(format);
  registered.unshift(entry);
  return () => {
    const at = registered.indexOf(entry);
    if (at >= 0) registered.splice(at, 1);
  };
};
