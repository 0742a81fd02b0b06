/**
 * The frames of one file as stored numbers: from the bytes that hold its pixels, through whichever codec its
 * transfer syntax names. Codecs are loaded when the first frame needs them.
 */
import type { VoxelArray } from "../../../compiler/language/voxels.ts";
import type { Codec } from "./codecs/codec.ts";
import { framesOf, readFragments } from "./fragments.ts";
import { malformed } from "./malformed.ts";
import type { PixelElement } from "./parse.ts";
import { frameSamples, nativeFrameBits, type PixelLayout } from "./pixel-layout.ts";
import { decodedFrame, nativeFrame } from "./samples.ts";
import { bigEndianPixelsUid, type Packing, type TransferSyntax } from "./syntax.ts";

type Packed = Exclude<Packing, "native" | "encapsulated-native" | "deflated-frame">;
const codecs: Readonly<Record<Packed, () => Promise<Codec>>> = {
  rle: async () => (await import("./codecs/rle.ts")).rle,
  jpeg: async () => (await import("./codecs/jpeg.ts")).jpeg,
  "jpeg-lossless": async () => (await import("./codecs/jpeg-lossless.ts")).jpegLossless,
  "jpeg-ls": async () => (await import("./codecs/jpeg-ls.ts")).jpegLs,
  "jpeg-2000": async () => (await import("./codecs/jpeg-2000.ts")).jpeg2000,
  htj2k: async () => (await import("./codecs/htj2k.ts")).htj2k,
};

export interface Frame {
  /** Stored numbers, colours pixel by pixel, as the file has them. */
  readonly stored: VoxelArray;
  /** The codec made RGB of them. */
  readonly rgb: boolean;
}

export interface FrameReader {
  /** The stored numbers of frame `k`, from 0. @throws MedImagesError `MalformedFile`, `UnsupportedFile` */
  read(k: number): Promise<Frame>;
  /** What had to be put up with so far. */
  warnings(): readonly string[];
}

export interface PixelSource {
  readonly path: string;
  readonly syntax: TransferSyntax;
  readonly layout: PixelLayout;
  readonly pixels: PixelElement;
  readonly extendedOffsets: readonly number[];
}

/**
 * What the file claims about its pixels, held against the `size` bytes that are there.
 * @throws MedImagesError `MalformedFile`
 */
export const checkPixels = ({ path, syntax, layout, pixels }: PixelSource, size: number): readonly string[] => {
  const there = size - pixels.offset;
  const damaged = (reason: string): never => malformed(path, reason, pixels.offset);
  if (syntax.packing !== "native") {
    if (pixels.length !== undefined)
      damaged(`says that its pixels are packed as ${syntax.name}, but they lie there as they are`);
    // A frame takes at least one item of 8 bytes, but those of video, which are not read.
    if (layout.frames > there / 8) damaged(`claims ${layout.frames} frames in ${there} bytes of pixels`);
    return [];
  }
  const length = pixels.length ?? damaged("has pixels of no stated length, which only packed ones may have");
  const needed = Math.ceil((nativeFrameBits(layout) * layout.frames) / 8);
  if (length > there) damaged(`is cut off: ${there} of ${length} bytes of pixels are there`);
  if (length < needed)
    damaged(
      `has ${length} bytes of pixels, where ${layout.columns}×${layout.rows}×${layout.frames} with ${layout.samples} sample(s) of ${layout.allocated} bits need ${needed}`,
    );
  return length > needed + 1 ? [`has ${length - needed} bytes of pixels more than it needs`] : [];
};

/** Reads frames out of `bytes`, in which `offset` is where the value of the pixel element begins; `beside`: several at a time. */
export const frameReader = (source: PixelSource, bytes: Uint8Array, offset: number, beside = false): FrameReader => {
  const { path, syntax, layout, pixels } = source;
  const bits = nativeFrameBits(layout);
  const warnings = new Set<string>();
  if (syntax.packing === "native") {
    const value = bytes.subarray(offset, offset + (pixels.length ?? 0));
    const order = {
      bigEndian: !syntax.littleEndian || syntax.uid === bigEndianPixelsUid,
      inWords: !syntax.littleEndian && pixels.vr === "OW",
    };
    return {
      read: async (k) => ({ stored: nativeFrame(value, k * bits, layout, order), rgb: false }),
      warnings: () => [...warnings],
    };
  }
  const fragments = readFragments(bytes, offset, path);
  const found = framesOf(fragments, layout.frames, syntax.packing, source.extendedOffsets, path);
  for (const warning of [...fragments.warnings, ...found.warnings]) warnings.add(warning);
  const frameBytes = (k: number): Uint8Array => found.frames[k] ?? new Uint8Array(0);
  const { packing } = syntax;
  const unpacked = async (k: number): Promise<Frame> => {
    if (packing === "encapsulated-native" || packing === "deflated-frame") {
      const packed = frameBytes(k);
      const plain =
        packing === "deflated-frame"
          ? (await import("./codecs/deflate.ts")).inflateFrame(packed, layout, path)
          : packed;
      if (plain.length < Math.ceil(bits / 8))
        malformed(path, `has ${plain.length} of ${Math.ceil(bits / 8)} bytes in frame ${k + 1}`);
      return { stored: nativeFrame(plain, 0, layout, { bigEndian: false, inWords: false }), rgb: false };
    }
    const codec = await codecs[packing]();
    const decoded = await codec.decode(frameBytes(k), layout, path, beside);
    for (const warning of decoded.warnings) warnings.add(warning);
    if (decoded.bytes.length < frameSamples(layout) * decoded.width)
      malformed(path, `has a frame ${k + 1} that is not filled`);
    return { stored: decodedFrame(decoded.bytes, decoded.width, decoded.signed, layout), rgb: decoded.rgb };
  };
  return { read: unpacked, warnings: () => [...warnings] };
};
