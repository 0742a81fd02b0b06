/// <reference path="../untyped.d.ts" />
/**
 * What unpacks one frame. Each codec is a module of its own that is loaded when the first frame needs it; the
 * decoders are WebAssembly, which trusts what a codestream says about its size, so sizes are compared with
 * the data set's before anything is decoded.
 */
import { fail } from "../../../../compiler/errors.ts";
import type { PixelLayout } from "../pixel-layout.ts";

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
  /** @throws MedImagesError `MalformedFile`, `UnsupportedFile` */
  decode(bytes: Uint8Array, layout: PixelLayout, path: string): Promise<Decoded>;
}

export const malformedFrame = (path: string, reason: string, cause?: unknown): never =>
  fail(
    {
      kind: "MalformedFile",
      path,
      reason: `has a frame of pixels that cannot be decoded: ${reason}`,
      remedy: "get the file again from where it came",
    },
    cause,
  );

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

/** The WebAssembly decoders of Cornerstone have this in common. */
export interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  getFrameInfo(): WasmFrameInfo;
  delete(): void;
}
export interface WasmFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned?: boolean;
}
export interface WasmModule {
  readonly getExceptionMessage?: (pointer: number) => unknown;
}
type Factory<M> = (options: {
  readonly print: (text: string) => void;
  readonly printErr: (text: string) => void;
}) => Promise<M>;

/** What a CommonJS module exports, by whichever name bundlers and engines give it. */
export const exported = <A>(module: unknown): A => {
  const outer = module as { default?: unknown };
  const inner = outer.default as { default?: unknown } | undefined;
  return (inner?.default ?? inner ?? module) as A;
};

/**
 * One decoder module, kept between frames. After a trap its memory may be in any state, so it is thrown away.
 */
export const wasmDecoding = <M extends WasmModule, D extends WasmDecoder>(
  load: () => Promise<unknown>,
  make: (module: M) => D,
): ((
  bytes: Uint8Array,
  path: string,
) => Promise<{
  readonly bytes: Uint8Array;
  readonly info: WasmFrameInfo;
  readonly decoder: D;
  readonly said: readonly string[];
  readonly free: () => void;
}>) => {
  let said: string[] = [];
  let module: Promise<M> | undefined;
  const say = (text: string): void => {
    said.push(text);
  };
  return async (bytes, path) => {
    module ??= load().then((loaded) => exported<Factory<M>>(loaded)({ print: say, printErr: say }));
    const instance = await module;
    said = [];
    const decoder = make(instance);
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      return {
        bytes: decoder.getDecodedBuffer(),
        info: decoder.getFrameInfo(),
        decoder,
        said,
        free: () => decoder.delete(),
      };
    } catch (thrown) {
      module = undefined;
      const message =
        typeof thrown === "number"
          ? String(instance.getExceptionMessage?.(thrown) ?? "its data are damaged")
          : thrown instanceof Error
            ? thrown.message
            : String(thrown);
      return malformedFrame(path, message.replace(/^std::\w+,/, "").trim(), thrown);
    }
  };
};
