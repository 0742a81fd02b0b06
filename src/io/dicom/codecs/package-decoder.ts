/**
 * The WebAssembly decoders of packages, as a program for threads: it loads one by name and hands out what it makes
 * of a frame.
 */
import { type Failure, type Load, type Program, programOf } from "../../../platform/offload.ts";

interface DecodeTask {
  /** The package that holds the decoder, as imports name it. */
  readonly module: string;
  /** The name of its class there. */
  readonly decoder: string;
  readonly bytes: Uint8Array;
}

/** What a decoder says of a frame. */
export interface DecodedInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned?: boolean;
}

export interface FrameDecoded {
  readonly bytes: Uint8Array;
  readonly info: DecodedInfo;
  /** 0: the samples of a colour lie in planes. */
  readonly interleave: number;
  /** What the decoder wrote on its streams. */
  readonly said: readonly string[];
}

/** Decodes one frame after the other. It stands alone; `load` gives the factory of a decoder module. */
const decoding = (load: Load): ((task: DecodeTask) => Promise<FrameDecoded | Failure>) => {
  interface Decoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    getFrameInfo(): DecodedInfo;
    getInterleaveMode?(): number;
    delete(): void;
  }
  interface Module {
    readonly getExceptionMessage?: (pointer: number) => unknown;
    readonly [decoder: string]: unknown;
  }
  let said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
  };
  const modules = new Map<string, Promise<Module>>();
  const open = async (name: string): Promise<Module> => {
    const loaded = (await load(name)) as { default?: { default?: unknown } };
    // CommonJS, by whichever name bundlers and engines give it.
    const factory = (loaded.default?.default ?? loaded.default ?? loaded) as (options: object) => Promise<Module>;
    return factory({ print: say, printErr: say });
  };
  return async ({ module: name, decoder: className, bytes }) => {
    let opening = modules.get(name);
    if (opening === undefined) {
      opening = open(name);
      modules.set(name, opening);
    }
    const module = await opening;
    said = [];
    try {
      const decoder = new (module[className] as new () => Decoder)();
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      const info = decoder.getFrameInfo();
      // A copy: the memory of the decoder is its own.
      const result = {
        bytes: new Uint8Array(decoder.getDecodedBuffer()),
        info: { ...info },
        interleave: decoder.getInterleaveMode?.() ?? 2,
        said,
      };
      decoder.delete();
      return result;
    } catch (thrown) {
      // After a trap the memory of the module may be in any state.
      modules.delete(name);
      if (typeof thrown === "number") {
        const message: unknown = module.getExceptionMessage?.(thrown) ?? "its data are damaged";
        return {
          failure: String(message)
            .replace(/^std::\w+,/, "")
            .trim(),
        };
      }
      return { failure: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
};

export const packageDecoder: Program<DecodeTask, FrameDecoded> = programOf(decoding);
