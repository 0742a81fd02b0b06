/**
 * The bytes that a header in text describes: what follows it in its own file, or the files that it names. Those
 * lie in the folder of the header or below; a name that leads elsewhere is refused, for a header may come from
 * anybody.
 */
import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import { type Content, restOf } from "./content.ts";
import { openSource } from "./source.ts";

/** Bytes in one piece, as they lie there. */
export interface Part {
  readonly name: string;
  /** How many bytes there are, or at most can be. */
  readonly size: number;
  readonly exact: boolean;
  /** All bytes, in pieces. A part of the header's own file can be read once. */
  stream(): AsyncIterable<Uint8Array>;
}

/** What follows the part of a content that was taken. */
export const restPart = (content: Content): Part => ({
  name: content.name,
  size: Math.max(0, content.capacity - content.position()),
  exact: !content.gzipped,
  stream: () => restOf(content),
});

/** Whether the name of a file leads out of the folder in which it is looked for. */
export const leadsOutside = (name: string): boolean =>
  /^([\\/]|[a-z]:)/i.test(name) || name.split(/[\\/]/).includes("..") || name.includes("\0");

/** The path of the file called `name` in the folder of the one at `path`. */
export const beside = (path: string, name: string): string => path.slice(0, path.search(/[^\\/]*$/)) + name;

/** The path of a file that the header names. */
const besideHeader = (content: Content, name: string): string => {
  const { path } = content;
  if (path === undefined)
    return fail({
      kind: "UnsupportedFile",
      path: content.name,
      reason: `its voxels lie in a file of their own, ${name}, which cannot be found from here`,
      remedy: "keep header and voxels in one file",
    });
  if (leadsOutside(name))
    return fail({
      kind: "MalformedFile",
      path,
      reason: `its header names a data file outside its own folder, ${name}, which is not followed`,
      remedy: "put the data file beside the header and name it without a folder",
    });
  return beside(path, name);
};

/**
 * A file that the header names, open only while it is read.
 * @throws MedImagesError `MalformedFile` when it is not there or elsewhere, `UnsupportedFile` when the header
 * did not come from a path
 */
export const namedPart = async (content: Content, name: string): Promise<Part> => {
  const path = besideHeader(content, name);
  if ((await platform.kindOfPath(path)) !== "file")
    fail({
      kind: "MalformedFile",
      path: content.name,
      reason: `its data file ${name} is missing`,
      remedy: "put it beside the header",
    });
  const probe = await openSource(path);
  await probe.close();
  return {
    name: path,
    size: probe.size,
    exact: true,
    async *stream() {
      const source = await openSource(path);
      try {
        yield* source.stream(0);
      } finally {
        await source.close();
      }
    },
  };
};

/** The most data files that one header may ask for. */
export const mostFiles: number = 2 ** 16;

/**
 * The names that a pattern such as `slice%03d.raw` gives for the numbers from `first` to `last`. Both MetaImage
 * and NRRD have such patterns, with the `%d` of C.
 */
export const namesOfPattern = (
  path: string,
  pattern: string,
  [first, last, step]: readonly [number, number, number],
): readonly string[] => {
  const found = [...pattern.matchAll(/%(0?)(\d{0,3})[diu]/g)];
  const [place] = found;
  const count = Math.floor((last - first) / step) + 1;
  if (
    found.length !== 1 ||
    place === undefined ||
    !(count >= 1 && count <= mostFiles && Number.isInteger(first + step))
  )
    return fail({
      kind: "MalformedFile",
      path,
      reason: `the pattern of its data files, ${pattern} from ${first} to ${last} in steps of ${step}, gives no list of names`,
    });
  const [whole, zero = "", width = ""] = place;
  return Array.from({ length: count }, (_, k) =>
    pattern.replace(whole, String(first + k * step).padStart(Number(width), zero === "0" ? "0" : " ")),
  );
};
