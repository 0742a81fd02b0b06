/** Transform files in and out, whatever their format: reading goes by content, writing by the name. */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import { type Transform, transformProblem } from "../../transform.ts";
import { openContent } from "../content.ts";
import type { ImageSource } from "../source.ts";
import { malformed, type TransformFormat } from "./format.ts";
import { insightFormat } from "./insight.ts";
import { jsonFormat } from "./json.ts";
import { matrixFormat } from "./matrix.ts";

/** In the order in which they are tried. */
const formats: readonly TransformFormat[] = [jsonFormat, insightFormat, matrixFormat];

/** No affine transform takes more bytes than this; whatever does is something else. */
const longest = 2 ** 20;

/**
 * Reads a transform from the text of a file; `path` is for errors.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
 */
export const parseTransform = (text: string, path = "the text given"): Transform => {
  const format = formats.find(({ recognizes }) => recognizes(text));
  if (format === undefined)
    return malformed(path, `is no transform: it begins as no ${formats.map(({ name }) => name).join(", ")} does`);
  const transform = format.parse(text, path);
  const problem = transformProblem(transform);
  return problem === undefined ? transform : malformed(path, problem);
};

/**
 * Reads a transform, from points of the fixed image to those of the moving one in LPS mm, from a path, a `Blob` or bytes:
 * an Insight transform file of ITK, Slicer or ANTs, a 4×4 matrix as text, or JSON.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`
 */
export const loadTransform = async (source: ImageSource): Promise<Transform> => {
  const content = await openContent(source);
  try {
    const bytes = await content.take(longest + 1);
    const path = content.name;
    if (bytes.length > longest)
      return fail({ kind: "UnsupportedFile", path, reason: "is far too large for an affine transform" });
    if (bytes.includes(0)) return malformed(path, "is a binary file, and transforms are read from text");
    return parseTransform(new TextDecoder().decode(bytes), path);
  } finally {
    await content.close();
  }
};

/**
 * The format that the name of a transform file asks for.
 * @throws MedImagesError `UnsupportedFile`, which names the suffixes that there are
 */
export const transformFormatForWriting = (path: string): TransformFormat => {
  const name = path.toLowerCase();
  return (
    formats.find(({ suffixes }) => suffixes.some((suffix) => name.endsWith(suffix))) ??
    fail({
      kind: "UnsupportedFile",
      path,
      reason: "its name does not end as that of a transform that can be written",
      remedy: `let it end in one of ${formats.flatMap(({ suffixes }) => suffixes).join(", ")}`,
    })
  );
};

/**
 * Writes a transform in the format that the name asks for, complete or not at all: `.tfm` for ITK and Slicer, `.txt` for
 * a 4×4 matrix, `.json`.
 * @throws MedImagesError `UnsupportedFile` for an unknown suffix, `FileAccess`
 */
export const saveTransform = async (path: string, transform: Transform): Promise<void> => {
  const text = transformFormatForWriting(path).print(transform);
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    yield new TextEncoder().encode(text);
  }
  await platform.writeFile(path, chunks());
};
