/**
 * JPEG of 12 bits with Huffman coding and sequential DCT (ISO 10918-1, extended process 4). The decoders that
 * are kept in npm stop at 8 bits, so this one is here: plain, in float64, for the grey images of old CT
 * archives. What it does not know (progressive, arithmetic, hierarchical) is refused before it is asked.
 */
import { type Failure, type Program, programWith, type Task } from "../../../platform/offload.ts";
import { type Bits, type Entropy, entropy, type HuffmanTable } from "./entropy.ts";

interface Component {
  readonly horizontal: number;
  readonly vertical: number;
  /** The number of its quantization table, which may come after the frame header. */
  readonly table: number;
  quantization: Float64Array;
  /** Blocks a line, of whole minimum coded units. */
  readonly blocksAcross: number;
  readonly samples: Int16Array;
  readonly stride: number;
  dc: HuffmanTable | undefined;
  ac: HuffmanTable | undefined;
  prediction: number;
}

/** Gives the numbers of a frame, two bytes each, little endian, colours pixel by pixel. Stands alone. */
const decoding12 = ({
  Bits: BitsOf,
  EntropyProblem,
  nextSegment,
  readHuffmanTables,
}: Entropy): ((task: Task) => Promise<Task | Failure>) => {
  const damaged = (reason: string): never => {
    throw new EntropyProblem(reason);
  };

  const zigzag = Uint8Array.of(
    0,
    1,
    8,
    16,
    9,
    2,
    3,
    10,
    17,
    24,
    32,
    25,
    18,
    11,
    4,
    5,
    12,
    19,
    26,
    33,
    40,
    48,
    41,
    34,
    27,
    20,
    13,
    6,
    7,
    14,
    21,
    28,
    35,
    42,
    49,
    56,
    57,
    50,
    43,
    36,
    29,
    22,
    15,
    23,
    30,
    37,
    44,
    51,
    58,
    59,
    52,
    45,
    38,
    31,
    39,
    46,
    53,
    60,
    61,
    54,
    47,
    55,
    62,
    63,
  );

  /** cosines[x * 8 + u] = C(u) / 2 · cos((2x + 1) u π / 16), of A.3.3. */
  const cosines = Float64Array.from({ length: 64 }, (_, k) => {
    const [x, u] = [k >> 3, k & 7];
    return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
  });

  const decode = (bytes: Uint8Array): Uint8Array => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const quantization: (Float64Array | undefined)[] = [];
    const dcTables: (HuffmanTable | undefined)[] = [];
    const acTables: (HuffmanTable | undefined)[] = [];
    let components: readonly (readonly [id: number, component: Component])[] = [];
    let [rows, columns, precision, restart] = [0, 0, 0, 0];
    let decoded = false;

    const readQuantization = (from: number, to: number): void => {
      for (let at = from; at < to; ) {
        const head = bytes[at++] ?? 0;
        const width = head >> 4 === 0 ? 1 : 2;
        if (at + 64 * width > to) damaged("a quantization table is cut off");
        const table = new Float64Array(64);
        for (let k = 0; k < 64; k++)
          table[zigzag[k] ?? 0] = width === 1 ? view.getUint8(at + k) : view.getUint16(at + 2 * k);
        quantization[head & 15] = table;
        at += 64 * width;
      }
    };
    const readFrame = (at: number): void => {
      precision = view.getUint8(at);
      rows = view.getUint16(at + 1);
      columns = view.getUint16(at + 3);
      const count = view.getUint8(at + 5);
      const factors = Array.from({ length: count }, (_, k) => {
        const [id = 0, sampling = 0, table = 0] = bytes.subarray(at + 6 + 3 * k, at + 9 + 3 * k);
        return { id, horizontal: sampling >> 4, vertical: sampling & 15, table };
      });
      if (factors.some(({ horizontal: h, vertical: v }) => h < 1 || h > 4 || v < 1 || v > 4))
        damaged("its sampling factors are not from 1 to 4");
      const widest = Math.max(...factors.map(({ horizontal }) => horizontal));
      const tallest = Math.max(...factors.map(({ vertical }) => vertical));
      const across = Math.ceil(columns / (8 * widest));
      const down = Math.ceil(rows / (8 * tallest));
      components = factors.map(({ id, horizontal, vertical, table }) => {
        const blocksAcross = across * horizontal;
        const stride = blocksAcross * 8;
        const component: Component = {
          horizontal,
          vertical,
          table,
          quantization: new Float64Array(0),
          blocksAcross,
          samples: new Int16Array(stride * down * vertical * 8),
          stride,
          dc: undefined,
          ac: undefined,
          prediction: 0,
        };
        return [id, component] as const;
      });
    };

    const coefficients = new Float64Array(64);
    const half = new Float64Array(64);
    const readBlock = (bits: Bits, component: Component, blockRow: number, blockColumn: number): void => {
      const { dc, ac } = component;
      if (dc === undefined || ac === undefined) throw new EntropyProblem("a Huffman table is missing");
      coefficients.fill(0);
      const size = bits.symbol(dc);
      if (size > 16) damaged("a difference is too long");
      component.prediction += bits.difference(size);
      coefficients[0] = component.prediction * (component.quantization[0] ?? 1);
      for (let k = 1; k < 64; k++) {
        const runAndSize = bits.symbol(ac);
        const run = runAndSize >> 4;
        if ((runAndSize & 15) === 0) {
          if (run !== 15) break;
          k += 15;
          continue;
        }
        k += run;
        if (k > 63) damaged("a block has more than 64 coefficients");
        const place = zigzag[k] ?? 0;
        coefficients[place] = bits.difference(runAndSize & 15) * (component.quantization[place] ?? 1);
      }
      // Rows of coefficients first, then columns; numbers are centred on half of their range.
      for (let v = 0; v < 8; v++)
        for (let x = 0; x < 8; x++) {
          let sum = 0;
          for (let u = 0; u < 8; u++) sum += (cosines[x * 8 + u] ?? 0) * (coefficients[v * 8 + u] ?? 0);
          half[v * 8 + x] = sum;
        }
      const most = 2 ** precision - 1;
      const middle = 2 ** (precision - 1);
      for (let y = 0; y < 8; y++)
        for (let x = 0; x < 8; x++) {
          let sum = 0;
          for (let v = 0; v < 8; v++) sum += (cosines[y * 8 + v] ?? 0) * (half[v * 8 + x] ?? 0);
          component.samples[(blockRow * 8 + y) * component.stride + blockColumn * 8 + x] = Math.min(
            most,
            Math.max(0, Math.round(sum + middle)),
          );
        }
    };

    const readScan = (at: number, end: number): number => {
      const count = bytes[at] ?? 0;
      const chosen = Array.from({ length: count }, (_, k) => {
        const [id = 0, tables = 0] = bytes.subarray(at + 1 + 2 * k, at + 3 + 2 * k);
        const component =
          components.find(([of]) => of === id)?.[1] ?? damaged("a scan has a component that the frame lacks");
        component.quantization = quantization[component.table] ?? damaged("a quantization table is missing");
        component.dc = dcTables[tables >> 4];
        component.ac = acTables[tables & 15];
        component.prediction = 0;
        return component;
      });
      const bits = new BitsOf(bytes, end);
      const [only] = chosen;
      const [widest, tallest] = [
        Math.max(...components.map(([, { horizontal }]) => horizontal)),
        Math.max(...components.map(([, { vertical }]) => vertical)),
      ];
      // A scan of one component goes block by block, one of several unit by unit.
      const single = chosen.length === 1 ? only : undefined;
      const across = single
        ? Math.ceil(Math.ceil((columns * single.horizontal) / widest) / 8)
        : Math.ceil(columns / (8 * widest));
      const down = single
        ? Math.ceil(Math.ceil((rows * single.vertical) / tallest) / 8)
        : Math.ceil(rows / (8 * tallest));
      for (let unit = 0; unit < across * down; unit++) {
        if (restart > 0 && unit > 0 && unit % restart === 0) {
          bits.restart();
          for (const component of chosen) component.prediction = 0;
        }
        const [row, column] = [Math.floor(unit / across), unit % across];
        if (single) readBlock(bits, single, row, column);
        else
          for (const component of chosen)
            for (let v = 0; v < component.vertical; v++)
              for (let h = 0; h < component.horizontal; h++)
                readBlock(bits, component, row * component.vertical + v, column * component.horizontal + h);
      }
      decoded = true;
      return bits.position();
    };

    for (let at = 2; ; ) {
      const segment = nextSegment(bytes, at);
      if (segment === undefined) break;
      const { marker, from, to } = segment;
      if (marker === 0xdb) readQuantization(from, to);
      else if (marker === 0xc4)
        readHuffmanTables(bytes, segment, (tableClass, id, table) => {
          (tableClass === 0 ? dcTables : acTables)[id] = table;
        });
      else if (marker === 0xdd) restart = view.getUint16(from);
      else if (marker === 0xc0 || marker === 0xc1) readFrame(from);
      else if (marker === 0xda) {
        if (components.length === 0) damaged("a scan comes before the frame");
        at = readScan(from, to);
        continue;
      }
      at = to;
    }
    if (!decoded) damaged("it has no scan");

    const out = new Uint8Array(rows * columns * components.length * 2);
    const words = new Uint16Array(out.buffer);
    const [widest, tallest] = [
      Math.max(...components.map(([, { horizontal }]) => horizontal)),
      Math.max(...components.map(([, { vertical }]) => vertical)),
    ];
    components.forEach(([, { samples, stride, horizontal, vertical }], c) => {
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++)
          words[(y * columns + x) * components.length + c] =
            samples[Math.floor((y * vertical) / tallest) * stride + Math.floor((x * horizontal) / widest)] ?? 0;
    });
    return out;
  };

  return async ({ bytes }) => {
    try {
      return { bytes: decode(bytes) };
    } catch (thrown) {
      if (thrown instanceof EntropyProblem) return { failure: thrown.message };
      throw thrown;
    }
  };
};

export const decoder12: Program<Task, Task> = programWith(entropy, decoding12);
