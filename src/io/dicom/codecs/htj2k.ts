/** High-Throughput JPEG 2000, by OpenJPH; codestreams of plain JPEG 2000 under its syntaxes go to OpenJPEG. */
import { type Codec, checkSize, malformedFrame, type WasmDecoder, type WasmModule, wasmDecoding } from "./codec.ts";
import { hasEnd, jpeg2000Header } from "./codestream.ts";
import { decoded2000 } from "./jpeg-2000.ts";

interface OpenJphModule extends WasmModule {
  readonly HTJ2KDecoder: new () => WasmDecoder;
}
const openJph = wasmDecoding<OpenJphModule, WasmDecoder>(
  () => import("@cornerstonejs/codec-openjph/wasmjs"),
  (module) => new module.HTJ2KDecoder(),
);

export const htj2k: Codec = {
  decode: async (bytes, layout, path) => {
    const header = jpeg2000Header(bytes) ?? malformedFrame(path, "it has no JPEG 2000 header");
    checkSize(header, layout, path);
    // The decoder fills what is missing with zeros and does not say so.
    if (!hasEnd(bytes)) return malformedFrame(path, "its HTJ2K codestream is cut off");
    const { bytes: decoded, info, said, free } = await openJph(bytes, path);
    try {
      const error = said.find((line) => /error/i.test(line));
      if (error !== undefined) return malformedFrame(path, error.trim());
      return decoded2000(decoded, info, layout, path, [...new Set(said.map((line) => line.trim()))]);
    } finally {
      free();
    }
  },
};
