/** JPEG 2000, lossless and lossy, by OpenJPEG. */

import type { PixelLayout } from "../pixel-layout.ts";
import { type Codec, checkSize, type Decoded, decodeWasm, malformedFrame } from "./codec.ts";
import { hasEnd, jpeg2000Header } from "./codestream.ts";
import type { DecodedInfo } from "./package-decoder.ts";

/** What both decoders of JPEG 2000 give, checked. */
export const decoded2000 = (
  decoded: Uint8Array,
  info: DecodedInfo,
  layout: PixelLayout,
  path: string,
  warnings: readonly string[],
): Decoded => {
  const width = info.bitsPerSample > 16 ? 4 : info.bitsPerSample > 8 ? 2 : 1;
  if (decoded.length !== layout.rows * layout.columns * layout.samples * width)
    return malformedFrame(path, "its JPEG 2000 data do not fill it");
  return {
    bytes: decoded,
    width,
    signed: info.isSigned ?? false,
    rgb: layout.photometric === "YBR_RCT" || layout.photometric === "YBR_ICT",
    warnings,
  };
};

export const jpeg2000: Codec = {
  decode: async (bytes, layout, path, beside) => {
    const header = jpeg2000Header(bytes) ?? malformedFrame(path, "it has no JPEG 2000 header");
    checkSize(header, layout, path);
    const openJpeg = "@cornerstonejs/codec-openjpeg/decodewasmjs";
    const { bytes: decoded, info, said } = await decodeWasm(openJpeg, "J2KDecoder", bytes, path, beside);
    // The decoder hands out zeros and says so only on its error stream.
    const error = said.find((line) => line.startsWith("[ERROR]"));
    if (error !== undefined) return malformedFrame(path, error.slice(8).trim());
    const doubts = said.filter((line) => line.startsWith("[WARNING]")).map((line) => line.slice(10).trim());
    const warnings = hasEnd(bytes) ? doubts : [...doubts, "a JPEG 2000 frame has no end marker"];
    return decoded2000(decoded, info, layout, path, [...new Set(warnings)]);
  },
};
