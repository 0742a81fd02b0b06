/** What may be asked for when a series is opened. */
import type { MedImagesError } from "../../../compiler/errors.ts";
import type { Budget } from "../limits.ts";

/** Ways to make a volume of slices that do not form one; each is done on request only. */
export const mendings = ["fill-missing", "drop-duplicates", "as-4d", "largest-regular-run"] as const;
export type Mend = (typeof mendings)[number];

export interface SeriesOptions extends Budget {
  /**
   * What may be done to make a volume of slices that do not form one; nothing unless said.
   * - `fill-missing`: where a slice is missing, the blend of its neighbours stands in for it;
   * - `drop-duplicates`: of several slices at one place the first instance is taken;
   * - `as-4d`: several slices at each place become volumes, in the order of their instance numbers;
   * - `largest-regular-run`: of all slices the longest run that lies on one grid is taken.
   */
  readonly mend?: Mend | readonly Mend[];
}

export interface WhichSeries extends SeriesOptions {
  /** The SeriesInstanceUID of the series to take, where there are several. */
  readonly series?: string;
}

export interface EachSeries extends WhichSeries {
  readonly signal?: AbortSignal;
  /** Every series, unless one is asked for. */
  readonly all?: boolean;
  /** Called for each series of a folder that cannot be read, instead of rejecting because of it. */
  readonly onUnreadable?: (error: MedImagesError) => void;
}
