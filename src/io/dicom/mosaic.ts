/**
 * Siemens mosaics: the slices of a volume as tiles of one picture. How many there are and which way they go
 * stands in the private CSA header, a list of named fields in a format of Siemens' own.
 */
import { add, norm, type Vector3 } from "../../../compiler/language/vector.ts";
import type { Warning } from "../../image.ts";
import { type DataSet, readDecimal } from "./data-set.ts";
import type { ImageFile } from "./file.ts";
import type { PixelLayout } from "./pixel-layout.ts";
import { cross, scaled } from "./placement.ts";
import type { Slice, Slices } from "./slice.ts";

export interface Mosaic {
  readonly count: number;
  /** Tiles in a row, and in a column. */
  readonly tiles: number;
  readonly columns: number;
  readonly rows: number;
  /** The direction from each slice to the next. */
  readonly normal: Vector3 | undefined;
}

const latin1 = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? undefined : end));
};

/** The most fields and items that real headers have, by far. */
const most = 1024;

/** Values of the fields of a CSA header by name; what cannot be read is left out. */
export const readCsa = (bytes: Uint8Array): ReadonlyMap<string, readonly string[]> => {
  const fields = new Map<string, readonly string[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = latin1(bytes.subarray(0, 4)) === "SV10" ? 8 : 0;
  if (bytes.length < at + 8) return fields;
  const count = view.getUint32(at, true);
  at += 8;
  for (let f = 0; f < Math.min(count, most) && at + 84 <= bytes.length; f++) {
    const name = latin1(bytes.subarray(at, at + 64));
    const items = view.getUint32(at + 76, true);
    at += 84;
    const values: string[] = [];
    for (let k = 0; k < Math.min(items, most) && at + 16 <= bytes.length; k++) {
      const length = view.getUint32(at + 4, true);
      at += 16;
      if (length > bytes.length - at) return fields;
      if (length > 0) values.push(latin1(bytes.subarray(at, at + length)).trim());
      at += Math.ceil(length / 4) * 4;
    }
    fields.set(
      name,
      values.filter((value) => value !== ""),
    );
  }
  return fields;
};

/** How a picture is tiled; nothing when it does not say, or says what cannot be. */
const mosaicOf = (data: DataSet, layout: PixelLayout): Mosaic | undefined => {
  const csa = readCsa(data.raw("x00291010")?.bytes ?? new Uint8Array(0));
  const told = data.raw("x0019100a");
  const plain =
    told !== undefined && told.bytes.length >= 2
      ? told.vr === "US" || told.vr === "UN"
        ? new DataView(told.bytes.buffer, told.bytes.byteOffset, 2).getUint16(0, data.littleEndian)
        : readDecimal(data.decodeText(told.bytes))
      : Number.NaN;
  const named = csa.get("NumberOfImagesInMosaic")?.[0];
  const count = named === undefined ? plain : readDecimal(named);
  if (!Number.isInteger(count) || count < 1 || count > 4096) return undefined;
  const tiles = Math.ceil(Math.sqrt(count));
  const [columns, rows] = [layout.columns / tiles, layout.rows / tiles];
  if (!Number.isInteger(columns) || !Number.isInteger(rows)) return undefined;
  const [x, y, z] = (csa.get("SliceNormalVector") ?? []).map(readDecimal);
  const normal: Vector3 | undefined = x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
  return { count, tiles, columns, rows, normal: normal && Math.abs(norm(normal) - 1) < 1e-2 ? normal : undefined };
};

/** The slices of a mosaic that is, as a picture, `whole`; the picture itself where it does not say how it is tiled. */
export const mosaicSlices = (file: ImageFile, whole: Slice, warnings: readonly Warning[]): Slices => {
  const mosaic = mosaicOf(file.data, file.layout);
  const { placement, spacing } = whole;
  if (mosaic === undefined || placement === undefined || spacing === undefined)
    return {
      slices: [whole],
      warnings: [
        ...warnings,
        { kind: "mosaic", message: `${file.path}: is a mosaic that does not say how; it was read as one picture` },
      ],
    };
  const { across, down, position } = placement;
  const { count, tiles, columns, rows } = mosaic;
  // The position is that of a picture as large as the mosaic around the same centre.
  const corner = add(
    add(position, scaled(across, (spacing[0] * (whole.columns - columns)) / 2)),
    scaled(down, (spacing[1] * (whole.rows - rows)) / 2),
  );
  const normal = mosaic.normal ?? cross(across, down);
  const step = scaled(normal, whole.depth ?? 1);
  const slices = Array.from(
    { length: count },
    (_, k): Slice => ({
      ...whole,
      tile: { x: (k % tiles) * columns, y: Math.floor(k / tiles) * rows },
      columns,
      rows,
      placement: { ...placement, position: add(corner, scaled(step, k)) },
      order: [whole.order[0], k],
    }),
  );
  return { slices, warnings };
};
