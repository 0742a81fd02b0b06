/**
 * RLE (PS3.5 annex G): up to 15 segments, one for each byte of each sample with the high bytes first, each
 * packed with PackBits.
 */
import { type Failure, type Program, programOf, type Task } from "../../../platform/offload.ts";
import { type Codec, malformedFrame, runDecoder } from "./codec.ts";

interface RleTask extends Task {
  readonly samples: number;
  /** Bytes of a number. */
  readonly width: number;
  readonly pixels: number;
}

/** Stands alone. */
const rleDecoding = (): ((task: RleTask) => Promise<Task | Failure>) => {
  const failed = (failure: string): Failure => ({ failure });

  /** Unpacks one segment into every `stride`th byte from `at`, and gives the number of bytes that there were. */
  const unpack = (from: Uint8Array, into: Uint8Array, at: number, stride: number, count: number): number => {
    let done = 0;
    let position = at;
    for (let k = 0; k < from.length && done < count; ) {
      const head = from[k++] ?? 0;
      if (head < 128) {
        const end = Math.min(k + head + 1, from.length);
        for (; k < end && done < count; k++, done++, position += stride) into[position] = from[k] ?? 0;
      } else if (head > 128) {
        const value = from[k++];
        if (value === undefined) break;
        const run = Math.min(257 - head, count - done);
        for (let r = 0; r < run; r++, position += stride) into[position] = value;
        done += run;
      }
    }
    return done;
  };

  const decode = ({ bytes, samples, width, pixels }: RleTask): Task | Failure => {
    if (bytes.length < 64) return failed("its RLE header is cut off");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const segments = view.getUint32(0, true);
    if (segments !== samples * width)
      return failed(`its RLE header says ${segments} segments, where ${samples * width} are needed`);
    const offsets = Array.from({ length: segments }, (_, k) => view.getUint32(4 + 4 * k, true));
    const out = new Uint8Array(pixels * samples * width);
    for (const [k, offset] of offsets.entries()) {
      const end = offsets[k + 1] ?? bytes.length;
      if (offset < 64 || offset >= bytes.length || end <= offset || end > bytes.length)
        return failed(`its RLE segment ${k + 1} should be bytes ${offset} to ${end} of ${bytes.length}`);
      // Segments come with the high byte first, numbers are written with the low one first.
      const at = Math.floor(k / width) * width + (width - 1 - (k % width));
      const done = unpack(bytes.subarray(offset, end), out, at, samples * width, pixels);
      if (done < pixels) return failed(`its RLE segment ${k + 1} holds ${done} of ${pixels} bytes`);
    }
    return { bytes: out };
  };

  return async (task) => decode(task);
};

const rleDecoder: Program<RleTask, Task> = programOf(rleDecoding);

export const rle: Codec = {
  decode: async (bytes, layout, path, beside) => {
    const { samples, rows, columns, allocated, signed } = layout;
    if (allocated < 8) return malformedFrame(path, "RLE holds whole bytes, not single bits");
    const width = allocated / 8;
    const decoded = await runDecoder(rleDecoder, { bytes, samples, width, pixels: rows * columns }, path, beside);
    return { bytes: decoded.bytes, width, signed, rgb: false, warnings: [] };
  },
};
