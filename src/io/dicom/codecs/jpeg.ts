/** JPEG with DCT of 8 bits, by libjpeg-turbo; of 12 bits, by the decoder beside this one. */
import { fail } from "../../../../compiler/errors.ts";
import { type Codec, checkSize, decodeWasm, malformedFrame, runDecoder } from "./codec.ts";
import { hasEnd, type JpegHeader, jpegHeader } from "./codestream.ts";
import { decoder12 } from "./jpeg-12.ts";

/** An Adobe marker (APP14), which tells decoders whether three components are RGB (0) or YCbCr (1). */
const adobeMarker = (transform: 0 | 1): Uint8Array =>
  Uint8Array.of(0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform);

/**
 * Codestreams in DICOM files need not say what their colours are, since the data set does; then decoders guess
 * by the numbers of the components. The marker that they look for is put in.
 */
const withColour = (bytes: Uint8Array, header: JpegHeader, photometric: string): Uint8Array => {
  if (header.samples !== 3 || header.hasJfif || header.adobeTransform !== undefined) return bytes;
  const marker = adobeMarker(photometric === "RGB" ? 0 : 1);
  const all = new Uint8Array(bytes.length + marker.length);
  all.set(bytes.subarray(0, 2));
  all.set(marker, 2);
  all.set(bytes.subarray(2), 2 + marker.length);
  return all;
};

export const jpeg: Codec = {
  decode: async (bytes, layout, path, beside) => {
    const header = jpegHeader(bytes) ?? malformedFrame(path, "it has no JPEG header");
    checkSize(header, layout, path);
    if (header.process > 2)
      return fail({
        kind: "UnsupportedFile",
        path,
        reason: `holds JPEG of process ${header.process} under a transfer syntax for DCT`,
        remedy: "convert it to a transfer syntax that is not packed",
      });
    const warnings = hasEnd(bytes) ? [] : ["a JPEG frame has no end marker"];
    if (header.precision > 8) {
      if (header.process > 1)
        return fail({
          kind: "UnsupportedFile",
          path,
          reason: `holds ${header.precision}-bit JPEG that is progressive, for which there is no decoder`,
          remedy: "convert it to a transfer syntax that is not packed (dcmdjpeg of DCMTK does it)",
        });
      const decoded = await runDecoder(decoder12, { bytes }, path, beside);
      return { bytes: decoded.bytes, width: 2, signed: false, rgb: false, warnings };
    }
    const turbo = "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs";
    const coloured = withColour(bytes, header, layout.photometric);
    const { bytes: decoded, info } = await decodeWasm(turbo, "JPEGDecoder", coloured, path, beside);
    if (decoded.length !== info.width * info.height * info.componentCount || info.componentCount !== layout.samples)
      return malformedFrame(path, "its JPEG data do not fill it");
    return { bytes: decoded, width: 1, signed: false, rgb: layout.samples === 3, warnings };
  },
};
