/** High-Throughput JPEG 2000, by OpenJPH. */
import { type Codec, checkSize, decodeWasm, malformedFrame } from "./codec.ts";
import { hasEnd, jpeg2000Header } from "./codestream.ts";
import { decoded2000 } from "./jpeg-2000.ts";

export const htj2k: Codec = {
  decode: async (bytes, layout, path, beside) => {
    const header = jpeg2000Header(bytes) ?? malformedFrame(path, "it has no JPEG 2000 header");
    checkSize(header, layout, path);
    // The decoder fills what is missing with zeros and does not say so.
    if (!hasEnd(bytes)) return malformedFrame(path, "its HTJ2K codestream is cut off");
    const openJph = "@cornerstonejs/codec-openjph/wasmjs";
    const { bytes: decoded, info, said } = await decodeWasm(openJph, "HTJ2KDecoder", bytes, path, beside);
    const error = said.find((line) => /error/i.test(line));
    if (error !== undefined) return malformedFrame(path, error.trim());
    return decoded2000(decoded, info, layout, path, [...new Set(said.map((line) => line.trim()))]);
  },
};
