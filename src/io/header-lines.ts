/**
 * The lines of a header in text, of which the voxels may follow in the same file. Where a file is no text after
 * all, a line does not end; how far that is followed has a limit.
 */
import { fail } from "../../compiler/errors.ts";
import type { Content } from "./content.ts";

/** Far more than any header has, lists of data files included. */
const longestHeader = 2 ** 22;

const newline = 10;

/** Gives the next line at each call, without what ends it; nothing at the end of the content. */
export const headerLines = (content: Content): (() => Promise<string | undefined>) => {
  const decoder = new TextDecoder();
  let used = 0;
  return async () => {
    for (let length = 256; ; length *= 2) {
      const bytes = await content.peek(length);
      const end = bytes.indexOf(newline);
      if (used + bytes.length > longestHeader)
        fail({
          kind: "MalformedFile",
          path: content.name,
          reason: `its header does not end within ${longestHeader} bytes`,
        });
      if (end < 0 && bytes.length === length) continue;
      if (bytes.length === 0) return undefined;
      const line = decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
      used += await content.skip(end < 0 ? bytes.length : end + 1);
      return line.replace(/\r$/, "");
    }
  };
};
