/** What expected.json says of DICOM files and series, and small helpers to compare with it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { VoxelArray } from "../../compiler/language/voxels.ts";
import { dataFolder, hasData } from "./shared.ts";

export interface ExpectedDicom {
  readonly transfer_syntax: string;
  readonly transfer_syntax_name: string;
  readonly modality: string;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly frames: number;
  readonly samples: number | null;
  readonly photometric: string;
  readonly lossy: boolean;
  readonly array_shape?: readonly number[];
  readonly stored?: { readonly min: number; readonly max: number; readonly mean: number };
  readonly sha256_pixels_le?: string;
  readonly decode_error_of_reference_tool?: string;
}
export interface ExpectedSeries {
  readonly series: string;
  readonly files: number;
  readonly modality: string;
  readonly distinct_positions?: number;
  readonly rows_cols?: readonly (readonly [number, number])[];
  readonly order_by_position?: readonly string[];
  readonly gap_min_max?: readonly [number, number];
  readonly regular?: boolean;
  readonly tilt_angle_deg?: number;
  readonly shape_cols_rows_slices?: readonly [number, number, number];
  readonly affine_lps_index_col_row_slice?: readonly (readonly number[])[];
  readonly rescaled?: { readonly min: number; readonly max: number; readonly mean: number };
  readonly note?: string;
  readonly pet?: { readonly suvbw_per_bqml_using_SeriesTime?: number };
}

const expected = hasData
  ? (JSON.parse(readFileSync(join(dataFolder, "expected.json"), "utf8")) as {
      files: Record<string, ExpectedDicom>;
      series: Record<string, readonly ExpectedSeries[]>;
    })
  : { files: {}, series: {} };

export const expectedFiles = (): readonly (readonly [string, ExpectedDicom])[] =>
  Object.entries(expected.files).filter(([path]) => path.startsWith("dicom/") && !path.endsWith("DICOMDIR"));

export const expectedSeries = (): readonly (readonly [string, ExpectedSeries])[] =>
  Object.entries(expected.series).flatMap(([folder, series]) => series.map((one) => [folder, one] as const));

export const sha256 = (arrays: readonly VoxelArray[]): string => {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
};

export const extremes = (arrays: readonly VoxelArray[]): { min: number; max: number; mean: number } => {
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const array of arrays) {
    count += array.length;
    for (let k = 0; k < array.length; k++) {
      const value = Number(array[k]);
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
  }
  return { min, max, mean: sum / count };
};
