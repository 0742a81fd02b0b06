/**
 * JPEG lossless, processes 14 and 14 SV1 (ISO 10918-1 annex H). The decoder that is kept in npm leaves out the
 * last pixel of some frames and fills what is cut off with zeros, so this one is here.
 */
import { type Failure, type Program, programWith, type Task } from "../../../platform/offload.ts";
import { type Codec, checkSize, type FrameSize, malformedFrame, runDecoder } from "./codec.ts";
import { jpegHeader } from "./codestream.ts";
import { type Bits, type Entropy, entropy, type HuffmanTable } from "./entropy.ts";

interface Scan {
  readonly tables: readonly HuffmanTable[];
  readonly selection: number;
  readonly pointTransform: number;
  readonly restart: number;
}

interface LosslessTask extends Task {
  readonly header: FrameSize;
}

/** Stands alone. */
const losslessDecoding = ({
  Bits: BitsOf,
  EntropyProblem,
  nextSegment,
  readHuffmanTables,
}: Entropy): ((task: LosslessTask) => Promise<Task | Failure>) => {
  /** Undoes the prediction of one scan, sample by sample, into `out`, colours pixel by pixel. */
  const decodeScan = (
    bits: Bits,
    scan: Scan,
    { rows, columns, samples, precision }: FrameSize,
    out: Uint16Array,
  ): void => {
    const { tables, selection, pointTransform, restart } = scan;
    const first = 1 << (precision - pointTransform - 1);
    const line = columns * samples;
    // The row in which the present restart interval began: there prediction has nothing above.
    let fresh = 0;
    let start = true;
    for (let y = 0, unit = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, unit++) {
        if (restart > 0 && unit > 0 && unit % restart === 0) {
          bits.restart();
          fresh = y;
          start = true;
        }
        for (let s = 0; s < samples; s++) {
          const table = tables[s];
          if (table === undefined) throw new EntropyProblem("a Huffman table is missing");
          const at = y * line + x * samples + s;
          let prediction: number;
          if (start) prediction = first;
          else if (y === fresh) prediction = out[at - samples] ?? 0;
          else if (x === 0) prediction = out[at - line] ?? 0;
          else if (selection === 1) prediction = out[at - samples] ?? 0;
          else {
            const [a, b, c] = [out[at - samples] ?? 0, out[at - line] ?? 0, out[at - line - samples] ?? 0];
            if (selection === 2) prediction = b;
            else if (selection === 3) prediction = c;
            else if (selection === 4) prediction = a + b - c;
            else if (selection === 5) prediction = a + ((b - c) >> 1);
            else if (selection === 6) prediction = b + ((a - c) >> 1);
            else prediction = (a + b) >> 1;
          }
          const size = bits.symbol(table);
          if (size > 16) throw new EntropyProblem("a difference is too long");
          // 16 stands for 32768 and takes no bits of its own; arithmetic is modulo 2^16, as the array's.
          out[at] = prediction + (size === 16 ? 32768 : bits.difference(size));
        }
        start = false;
      }
    if (pointTransform > 0) for (let k = 0; k < out.length; k++) out[k] = (out[k] ?? 0) << pointTransform;
  };

  const decode = (bytes: Uint8Array, header: FrameSize): Uint16Array => {
    const huffman: (HuffmanTable | undefined)[] = [];
    let restart = 0;
    for (let at = 2; ; ) {
      const segment = nextSegment(bytes, at);
      if (segment === undefined) throw new EntropyProblem("it has no scan");
      const { marker, from, to } = segment;
      if (marker === 0xc4)
        readHuffmanTables(bytes, segment, (tableClass, id, table) => {
          if (tableClass === 0) huffman[id] = table;
        });
      else if (marker === 0xdd) restart = ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0);
      else if (marker === 0xda) {
        const count = bytes[from] ?? 0;
        if (count !== header.samples) throw new EntropyProblem("its colours lie in scans of their own");
        const tables = Array.from({ length: count }, (_, k) => {
          const table = huffman[(bytes[from + 2 + 2 * k] ?? 0) >> 4];
          if (table === undefined) throw new EntropyProblem("a Huffman table is missing");
          return table;
        });
        const selection = bytes[from + 1 + 2 * count] ?? 0;
        const pointTransform = (bytes[from + 3 + 2 * count] ?? 0) & 15;
        if (selection < 1 || selection > 7) throw new EntropyProblem(`its predictor ${selection} is not from 1 to 7`);
        if (pointTransform >= header.precision) throw new EntropyProblem("its point transform takes all bits");
        const out = new Uint16Array(header.rows * header.columns * header.samples);
        decodeScan(new BitsOf(bytes, to), { tables, selection, pointTransform, restart }, header, out);
        return out;
      }
      at = to;
    }
  };

  return async ({ bytes, header }) => {
    try {
      return { bytes: new Uint8Array(decode(bytes, header).buffer) };
    } catch (thrown) {
      if (thrown instanceof EntropyProblem) return { failure: thrown.message };
      throw thrown;
    }
  };
};

const losslessDecoder: Program<LosslessTask, Task> = programWith(entropy, losslessDecoding);

export const jpegLossless: Codec = {
  decode: async (bytes, layout, path, beside) => {
    const header = jpegHeader(bytes) ?? malformedFrame(path, "it has no JPEG header");
    checkSize(header, layout, path);
    if (header.process !== 3)
      return malformedFrame(path, "its JPEG data are not lossless, as its transfer syntax says");
    const decoded = await runDecoder(losslessDecoder, { bytes, header }, path, beside);
    return { bytes: decoded.bytes, width: 2, signed: false, rgb: false, warnings: [] };
  },
};
