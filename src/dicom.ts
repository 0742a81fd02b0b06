/**
 * What only DICOM knows, for `medimages/dicom`: standardized uptake values, removal of identities, and writing of
 * derived series. Reading is `loadImage` and `loadHeaders` of `medimages`.
 *
 * ```ts
 * import { loadImage } from "medimages";
 * import { toSUV } from "medimages/dicom";
 *
 * const uptake = toSUV(await loadImage("scans/pet"));
 * ```
 *
 * @packageDocumentation
 */
export { anonymize } from "./io/dicom/anonymize.ts";
export { type SuvFactor, type SuvVariant, suvFactor, toSUV } from "./io/dicom/suv.ts";
export { type UptakeStatistics, uptakeStatistics } from "./io/dicom/suv-statistics.ts";
export { type SaveDicomOptions, saveDicom } from "./io/dicom/write.ts";
