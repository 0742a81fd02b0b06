/**
 * Standardized uptake values: activity concentration over the injected dose per body size, with the dose decayed
 * to the moment that the voxels were decay-corrected to. Which moment that is follows QIBA's vendor-neutral
 * pseudocode (https://qibawiki.rsna.org/index.php/Standardized_Uptake_Value_(SUV)), GE's and Philips' private
 * elements included. What is missing or cannot be is named; nothing is assumed silently.
 */
import type { MedImage, Metadata, Warning } from "../../image.ts";
import { type SuvVariant, sizes } from "./body-size.ts";
import { complete, isRecord, listOf, positiveOf, refuse, textOf } from "./suv-elements.ts";
import { dateTimeOf, momentOf, scanStart, show, uptakeTime } from "./suv-times.ts";

export type { SuvVariant } from "./body-size.ts";

export interface SuvFactor {
  /** SUV = factor · value of the image. */
  readonly factor: number;
  readonly variant: SuvVariant;
  /** What was decided on the way, and what should be known of it. */
  readonly notes: readonly string[];
}

const elementsOfImage = ({
  metadata,
}: Pick<MedImage, "metadata">): { readonly elements: Metadata; readonly times: readonly string[] } => {
  const { dicom } = metadata;
  if (!isRecord(dicom) || !isRecord(dicom.elements))
    return refuse("the image was not read from DICOM", "read the PET series from its DICOM files");
  const times = listOf(dicom.acquisitionTimes).filter((time) => typeof time === "string");
  return { elements: dicom.elements, times };
};

/** Bq/mL to SUV. */
const fromActivity = (elements: Metadata, times: readonly string[], variant: SuvVariant, notes: string[]): number => {
  const corrections = listOf(elements.CorrectedImage);
  if (corrections.length > 0 && !corrections.includes("ATTN"))
    notes.push("CorrectedImage (0028,0051) does not list ATTN: the image is not corrected for attenuation");
  const [drug] = listOf(elements.RadiopharmaceuticalInformationSequence);
  if (!isRecord(drug)) return refuse("RadiopharmaceuticalInformationSequence (0054,0016) is missing", complete);
  const size = sizes[variant](elements);
  const told = positiveOf(drug, "RadionuclideTotalDose", "(0018,1074)");
  // Some archives keep MBq where the standard says Bq; no human dose is below 10 kBq.
  const dose =
    told < 1e4
      ? refuse(`RadionuclideTotalDose (0018,1074) is ${told} Bq, which is no dose for a patient (MBq?)`, complete)
      : told;
  const correction = textOf(elements, "DecayCorrection") ?? refuse("DecayCorrection (0054,1102) is missing", complete);
  if (correction === "ADMIN") return size / dose;
  const halfLife = positiveOf(drug, "RadionuclideHalfLife", "(0018,1075)");
  const decayed = (seconds: number): number => size / (dose * 2 ** (-seconds / halfLife));
  if (correction === "START")
    return decayed(uptakeTime(drug, scanStart(elements, halfLife, times, notes), halfLife, notes));
  if (correction !== "NONE")
    return refuse(`DecayCorrection (0054,1102) is ${correction}`, "it should be START, ADMIN or NONE");
  if (new Set(times).size > 1)
    return refuse(
      "it is not decay-corrected (NONE) and its slices were acquired at several times",
      "have it corrected to the start of the scan",
    );
  const acquired = momentOf(textOf(elements, "AcquisitionDate"), textOf(elements, "AcquisitionTime"));
  if (acquired === undefined)
    return refuse("it is not decay-corrected, and AcquisitionTime (0008,0032) is missing", complete);
  notes.push("the image is not decay-corrected; it was corrected from the time of its acquisition");
  return decayed(uptakeTime(drug, acquired, halfLife, notes));
};

/**
 * The factor from the values of a PET image to standardized uptake values.
 *
 * Units BQML are shared out by dose and body size; GML (already SUV by body weight) and CM2ML are brought to the
 * variant asked for; CNTS need Philips' private factor (7053,1000) or (7053,1009).
 * @throws MedImagesError `UnsupportedVoxels`, which names the element that is missing or cannot be
 */
export const suvFactor = (
  image: Pick<MedImage, "metadata">,
  { variant = "body-weight" }: { readonly variant?: SuvVariant } = {},
): SuvFactor => {
  const { elements, times } = elementsOfImage(image);
  const notes: string[] = [];
  const units = textOf(elements, "Units");
  const result = (factor: number): SuvFactor => ({ factor, variant, notes });
  const between = (from: SuvVariant): number =>
    from === variant ? 1 : sizes[variant](elements) / sizes[from](elements);
  switch (units) {
    case "BQML":
      return result(fromActivity(elements, times, variant, notes));
    case "GML":
    case "CM2ML": {
      const told = textOf(elements, "SUVType") ?? (units === "GML" ? "BW" : "BSA");
      const from: SuvVariant =
        told === "BSA"
          ? "body-surface-area"
          : told === "LBM" || told === "LBMJANMA"
            ? "lean-body-mass"
            : told === "LBMJAMES128"
              ? "lean-body-mass-james"
              : "body-weight";
      notes.push(...wrongDates(elements, times));
      return result(between(from));
    }
    case "CNTS": {
      const own = Number.parseFloat(textOf(elements, "(7053,1000)") ?? "");
      if (own > 0) return result(own * between("body-weight"));
      const activity = Number.parseFloat(textOf(elements, "(7053,1009)") ?? "");
      if (activity > 0) return result(activity * fromActivity(elements, times, variant, notes));
      return refuse(
        "its units are counts (CNTS) without Philips' factors (7053,1000) or (7053,1009)",
        "take the calibrated series",
      );
    }
    default:
      return refuse(
        units === undefined ? "Units (0054,1001) is missing" : `its units are ${units}`,
        "take a series in Bq/mL (Units BQML)",
      );
  }
};

/** Dates that cannot be, of images that are uptake values already and do not need them. */
const wrongDates = (elements: Metadata, times: readonly string[]): readonly string[] => {
  const [drug] = listOf(elements.RadiopharmaceuticalInformationSequence);
  const injected = isRecord(drug) ? dateTimeOf(textOf(drug, "RadiopharmaceuticalStartDateTime")) : undefined;
  const scanned = momentOf(textOf(elements, "SeriesDate"), textOf(elements, "SeriesTime") ?? times[0]);
  return injected !== undefined && scanned !== undefined && injected > scanned
    ? [`the injection (${show(injected)}) is dated after the scan (${show(scanned)}); it is not needed here`]
    : [];
};

/**
 * The image in standardized uptake values: its rescale is multiplied, the stored numbers stay as they are.
 * @throws MedImagesError `UnsupportedVoxels`, as {@link suvFactor}
 */
export const toSUV = (image: MedImage, options: { readonly variant?: SuvVariant } = {}): MedImage<"intensity"> => {
  const { factor, variant, notes } = suvFactor(image, options);
  const { voxels, display, metadata } = image;
  const rescale = { slope: voxels.rescale.slope * factor, intercept: voxels.rescale.intercept * factor };
  const { window } = display;
  const { elements } = elementsOfImage(image);
  const surface = variant === "body-surface-area";
  const types: Readonly<Record<SuvVariant, string>> = {
    "body-weight": "BW",
    "lean-body-mass": "LBMJANMA",
    "lean-body-mass-james": "LBMJAMES128",
    "body-surface-area": "BSA",
  };
  const warnings: readonly Warning[] = notes.map((message) => ({ kind: "suv", message }));
  return {
    ...image,
    kind: "intensity",
    voxels: { ...voxels, rescale },
    display: {
      ...display,
      ...(window && { window: { center: window.center * factor, width: window.width * factor } }),
    },
    metadata: {
      ...metadata,
      dicom: {
        ...(isRecord(metadata.dicom) ? metadata.dicom : {}),
        elements: { ...elements, Units: surface ? "CM2ML" : "GML", SUVType: types[variant] },
      },
    },
    warnings: [...image.warnings, ...warnings],
  };
};
