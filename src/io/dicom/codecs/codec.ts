/**
 * What unpacks one frame. Each codec is a module of its own that is loaded when the first frame needs it; the
 * decoders are WebAssembly, which trusts what a codestream says about its size, so sizes are compared with
 * the data set's before anything is decoded.
 */
import { platform } from "#platform";
import type { Failure, Program, Task } from "../../../platform/offload.ts";
import { malformed } from "../malformed.ts";
import { loadPackage } from "../packages.ts";
import type { PixelLayout } from "../pixel-layout.ts";
import { type FrameDecoded, packageDecoder } from "./package-decoder.ts";

/** Numbers of a frame, little endian, colours pixel by pixel. */
export interface Decoded {
  readonly bytes: Uint8Array;
  /** Bytes of a number: 1, 2 or 4. */
  readonly width: number;
  readonly signed: boolean;
  /** The decoder made RGB of the colours that the codestream holds. */
  readonly rgb: boolean;
  readonly warnings: readonly string[];
}

export interface Codec {
  /**
   * `beside`: other frames are decoded at the same time, so that threads are worth their start.
   * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
   */
  decode(bytes: Uint8Array, layout: PixelLayout, path: string, beside: boolean): Promise<Decoded>;
}

export const malformedFrame = (path: string, reason: string): never =>
  malformed(path, `has a frame of pixels that cannot be decoded: ${reason}`);

export interface FrameSize {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly precision: number;
}

/** Refuses a codestream of another size than the data set says. */
export const checkSize = (size: FrameSize, layout: PixelLayout, path: string): void => {
  const { rows, columns, samples, precision } = size;
  if (rows !== layout.rows || columns !== layout.columns || samples !== layout.samples)
    malformedFrame(
      path,
      `it is ${columns}×${rows} with ${samples} sample(s), where the data set says ${layout.columns}×${layout.rows} with ${layout.samples}`,
    );
  const bits = layout.allocated <= 8 ? 8 : layout.allocated;
  if (precision < 1 || precision > bits)
    malformedFrame(path, `it has ${precision} bits a sample, where the data set allocates ${layout.allocated}`);
};

/** The WebAssembly decoders: packages of Cornerstone, by the names under which they are imported. */
type DecoderModule =
  | "@cornerstonejs/codec-charls/decodewasmjs"
  | "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs"
  | "@cornerstonejs/codec-openjpeg/decodewasmjs"
  | "@cornerstonejs/codec-openjph/wasmjs";

const here = new Map<unknown, (task: never) => Promise<object>>();
/** Runs a decoder here; it is made once. */
const runHere = <T extends Task, R extends Task>(program: Program<T, R>, task: T): Promise<R | Failure> => {
  const known = here.get(program) as ((task: T) => Promise<R | Failure>) | undefined;
  const run = known ?? program.make(loadPackage);
  if (known === undefined) here.set(program, run);
  // As on a thread, where nothing else could be handed out.
  return run(task).catch((thrown: unknown) => ({ failure: String(thrown) }));
};

/** Runs a decoder, on a thread where `beside` says that others run at the same time. */
export const runDecoder = async <T extends Task, R extends Task>(
  program: Program<T, R>,
  task: T,
  path: string,
  beside: boolean,
): Promise<R> => {
  const result = await ((beside ? platform.offload : undefined) ?? runHere)(program, task);
  return "failure" in result ? malformedFrame(path, result.failure) : result;
};

/** Decodes with one of the packages. */
export const decodeWasm = (
  module: DecoderModule,
  decoder: string,
  bytes: Uint8Array,
  path: string,
  beside: boolean,
): Promise<FrameDecoded> => runDecoder(packageDecoder, { module, decoder, bytes }, path, beside);
