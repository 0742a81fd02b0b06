/** NIfTI files put together byte by byte, without any of the library's own writing. */
import { gzipSync } from "node:zlib";

export interface Handmade {
  readonly version?: 1 | 2;
  readonly littleEndian?: boolean;
  readonly dim: readonly number[];
  readonly datatype: number;
  readonly bitpix: number;
  readonly pixdim?: readonly number[];
  readonly srow?: readonly number[];
  readonly sform_code?: number;
  readonly units?: number;
  readonly slope?: number;
  readonly inter?: number;
  readonly data: Uint8Array;
}

const magic1 = new TextEncoder().encode("n+1\0");
const magic2 = new TextEncoder().encode("n+2\0\r\n\x1a\n");

/** `data` is appended as it is, in whatever byte order the caller made it. */
export const handmade = (file: Handmade): Uint8Array => {
  const { version = 1, littleEndian: le = true, dim, datatype, bitpix, pixdim = [1, 1, 1, 1, 1, 1, 1, 1] } = file;
  const { srow = [], sform_code = 0, units = 2, slope = 0, inter = 0, data } = file;
  const offset = version === 1 ? 352 : 544;
  const bytes = new Uint8Array(offset + data.length);
  const view = new DataView(bytes.buffer);
  const dims = [dim.length, ...dim, ...Array<number>(7 - dim.length).fill(1)];
  if (version === 1) {
    view.setInt32(0, 348, le);
    dims.forEach((n, k) => {
      view.setInt16(40 + 2 * k, n, le);
    });
    view.setInt16(70, datatype, le);
    view.setInt16(72, bitpix, le);
    pixdim.forEach((x, k) => {
      view.setFloat32(76 + 4 * k, x, le);
    });
    view.setFloat32(108, offset, le);
    view.setFloat32(112, slope, le);
    view.setFloat32(116, inter, le);
    bytes[123] = units;
    view.setInt16(254, sform_code, le);
    srow.forEach((x, k) => {
      view.setFloat32(280 + 4 * k, x, le);
    });
    bytes.set(magic1, 344);
  } else {
    view.setInt32(0, 540, le);
    bytes.set(magic2, 4);
    view.setInt16(12, datatype, le);
    view.setInt16(14, bitpix, le);
    dims.forEach((n, k) => {
      view.setBigInt64(16 + 8 * k, BigInt(n), le);
    });
    pixdim.forEach((x, k) => {
      view.setFloat64(104 + 8 * k, x, le);
    });
    view.setBigInt64(168, BigInt(offset), le);
    view.setFloat64(176, slope, le);
    view.setFloat64(184, inter, le);
    view.setInt32(348, sform_code, le);
    srow.forEach((x, k) => {
      view.setFloat64(400 + 8 * k, x, le);
    });
    view.setInt32(500, units, le);
  }
  bytes.set(data, offset);
  return bytes;
};

export const gzipped = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes));

export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();

export const ramp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, k) => (k * 7 + 3) % 256);

/** `ramp(240)` as Python packs it with bzip2. */
export const bzipped: Uint8Array = Buffer.from(
  [
    "QlpoOTFBWSZTWa+2xtEAAAH///////////////////////////fv379+/fv379+/fv37sACokAANAANAAAGgAAAAAAANAAAAAAGg",
    "A0AAAAAAAAABoAAAaDAiAAAAAAAAADQA0AAAAAAANADQ0aAA0AAAAAAZAAAAANAABoyaBAAAAAAAAABoAaAAAAAAAGgBoaNAAaAA",
    "AAAAMgAAAAGgAA0ZNAIEiqcWMGkhKTE5QAKSorLC0uLzAxMjM0NQJsbnBydHZ4enx+gIKEhoiKjI6QkgkpLT1BRUlMAqKqsrrCyt",
    "La4BXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJBRUXGRsdHyEjJA5OUlQktLhZiZmpucnZ6foK",
    "Giow1JS01PUVNVV1lbXV9hY2VnaWttb3FzdXd5e31/gYOFh4mLjY+RkhxGVl5mbnZ+ho6Wnqautr7Gztbe/wcPFx8nKG5ufo6err",
    "7O3u7/Dx8vP09fb3+Pn6D/f5+/wgSKFjBv+LuSKcKEhX22NogA==",
  ].join(""),
  "base64",
);
