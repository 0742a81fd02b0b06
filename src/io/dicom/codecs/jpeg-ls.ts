/** JPEG-LS, lossless and near-lossless, by CharLS. */
import { type Codec, checkSize, decodeWasm, malformedFrame } from "./codec.ts";
import { hasEnd, jpegHeader } from "./codestream.ts";

/** Planes as pixels, in bytes. */
const byPixel = (planes: Uint8Array, pixels: number, samples: number, width: number): Uint8Array => {
  const out = new Uint8Array(planes.length);
  for (let s = 0; s < samples; s++)
    for (let k = 0; k < pixels; k++)
      for (let b = 0; b < width; b++) out[(k * samples + s) * width + b] = planes[(s * pixels + k) * width + b] ?? 0;
  return out;
};

/**
 * With an end marker. CharLS reads zeros beyond the last byte, and where damaged data ask for a one it counts them for
 * seconds; at a marker it stops.
 */
const withEnd = (bytes: Uint8Array): Uint8Array => {
  const ended = new Uint8Array(bytes.length + 2);
  ended.set(bytes);
  ended.set([0xff, 0xd9], bytes.length);
  return ended;
};

export const jpegLs: Codec = {
  decode: async (bytes, layout, path, beside) => {
    const header = jpegHeader(bytes) ?? malformedFrame(path, "it has no JPEG-LS header");
    checkSize(header, layout, path);
    const charls = "@cornerstonejs/codec-charls/decodewasmjs";
    const ends = hasEnd(bytes);
    const whole = ends ? bytes : withEnd(bytes);
    const { bytes: decoded, info, interleave } = await decodeWasm(charls, "JpegLSDecoder", whole, path, beside);
    const width = info.bitsPerSample > 8 ? 2 : 1;
    const pixels = layout.rows * layout.columns;
    if (decoded.length !== pixels * layout.samples * width)
      return malformedFrame(path, "its JPEG-LS data do not fill it");
    return {
      bytes: layout.samples > 1 && interleave === 0 ? byPixel(decoded, pixels, layout.samples, width) : decoded,
      width,
      signed: layout.signed,
      rgb: false,
      warnings: ends ? [] : ["a JPEG-LS frame has no end marker"],
    };
  },
};
