/** JPEG-LS, lossless and near-lossless, by CharLS. */
import { type Codec, checkSize, malformedFrame, type WasmDecoder, type WasmModule, wasmDecoding } from "./codec.ts";
import { hasEnd, jpegHeader } from "./codestream.ts";

interface CharlsDecoder extends WasmDecoder {
  /** 0: the samples of a colour come as planes. */
  getInterleaveMode(): number;
}
interface CharlsModule extends WasmModule {
  readonly JpegLSDecoder: new () => CharlsDecoder;
}
const charls = wasmDecoding<CharlsModule, CharlsDecoder>(
  () => import("@cornerstonejs/codec-charls/decodewasmjs"),
  (module) => new module.JpegLSDecoder(),
);

/** Planes as pixels, in bytes. */
const byPixel = (planes: Uint8Array, pixels: number, samples: number, width: number): Uint8Array => {
  const out = new Uint8Array(planes.length);
  for (let s = 0; s < samples; s++)
    for (let k = 0; k < pixels; k++)
      for (let b = 0; b < width; b++) out[(k * samples + s) * width + b] = planes[(s * pixels + k) * width + b] ?? 0;
  return out;
};

export const jpegLs: Codec = {
  decode: async (bytes, layout, path) => {
    const header = jpegHeader(bytes) ?? malformedFrame(path, "it has no JPEG-LS header");
    checkSize(header, layout, path);
    const { bytes: decoded, info, decoder, free } = await charls(bytes, path);
    try {
      const width = info.bitsPerSample > 8 ? 2 : 1;
      const pixels = layout.rows * layout.columns;
      if (decoded.length !== pixels * layout.samples * width)
        return malformedFrame(path, "its JPEG-LS data do not fill it");
      const planes = layout.samples > 1 && decoder.getInterleaveMode() === 0;
      return {
        bytes: planes ? byPixel(decoded, pixels, layout.samples, width) : decoded.slice(),
        width,
        signed: layout.signed,
        rgb: false,
        warnings: hasEnd(bytes) ? [] : ["a JPEG-LS frame has no end marker"],
      };
    } finally {
      free();
    }
  },
};
