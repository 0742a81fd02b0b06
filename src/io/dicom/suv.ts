/**
 * Standardized uptake values: activity concentration over the injected dose per body size, with the dose decayed
 * to the moment that the voxels were decay-corrected to. Which moment that is follows QIBA's vendor-neutral
 * pseudocode (https://qibawiki.rsna.org/index.php/Standardized_Uptake_Value_(SUV)), GE's and Philips' private
 * elements included. What is missing or cannot be is named; nothing is assumed silently.
 */
import { fail } from "../../../compiler/errors.ts";
import type { MedImage, Metadata, MetadataValue, Warning } from "../../image.ts";

/**
 * What the dose is shared out over: body weight (g/mL), lean body mass after Janmahasatian (2005) or James (1976)
 * (g/mL), or body surface after Du Bois (1916) (cm²/mL).
 */
export type SuvVariant = "body-weight" | "lean-body-mass" | "lean-body-mass-james" | "body-surface-area";

export interface SuvFactor {
  /** SUV = factor · value of the image. */
  readonly factor: number;
  readonly variant: SuvVariant;
  /** What was decided on the way, and what should be known of it. */
  readonly notes: readonly string[];
}

const refuse = (reason: string, remedy: string): never =>
  fail({ kind: "UnsupportedVoxels", reason: `there are no standardized uptake values: ${reason}`, remedy });

const complete = "complete the element with the program that keeps the images, or give the value yourself";

const isRecord = (value: MetadataValue | undefined): value is Metadata =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
const listOf = (value: MetadataValue | undefined): readonly MetadataValue[] =>
  Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value];

const textOf = (elements: Metadata, keyword: string): string | undefined => {
  const [first] = listOf(elements[keyword]);
  // Private elements of files with implicit VR come as bytes.
  const value = first instanceof Uint8Array ? String.fromCharCode(...first).replace(/[\0 ]+$/, "") : first;
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
};
const numberOf = (elements: Metadata, keyword: string): number | undefined => {
  const [first] = listOf(elements[keyword]);
  return typeof first === "number" ? first : undefined;
};

const positiveOf = (elements: Metadata, keyword: string, tag: string): number => {
  const value = numberOf(elements, keyword);
  if (value === undefined) return refuse(`${keyword} ${tag} is missing`, complete);
  return value > 0 ? value : refuse(`${keyword} ${tag} is ${value}`, complete);
};

// ---------------------------------------------------------------- times

const daySeconds = 86_400;

/** Seconds since 1970 of a DICOM date (YYYYMMDD), without a zone; nothing when it is none. */
const daysOf = (date: string | undefined): number | undefined => {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})/.exec(date ?? "") ?? [];
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return year === undefined || new Date(at).getUTCDate() !== Number(day) ? undefined : at / 1000;
};
/** Seconds since midnight of a DICOM time (HH, HHMM, HHMMSS.FFFFFF). */
const secondsOf = (time: string | undefined): number | undefined => {
  const [, h, m = "0", s = "0"] = /^(\d{2}):?(\d{2})?:?(\d{2}(?:\.\d+)?)?/.exec(time ?? "") ?? [];
  const seconds = Number(h) * 3600 + Number(m) * 60 + Number(s);
  return h === undefined || !(seconds < daySeconds + 60) ? undefined : seconds;
};
const momentOf = (date: string | undefined, time: string | undefined): number | undefined => {
  const [days, seconds] = [daysOf(date), secondsOf(time)];
  return days === undefined || seconds === undefined ? undefined : days + seconds;
};
/** A DICOM date and time in one (DT). */
const dateTimeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : momentOf(text.slice(0, 8), text.slice(8) === "" ? undefined : text.slice(8));

const show = (moment: number): string => new Date(moment * 1000).toISOString().slice(0, 19).replace("T", " ");

/** When voxels that are corrected to the start of the scan were corrected to. */
const scanStart = (
  elements: Metadata,
  halfLife: number,
  acquisitionTimes: readonly string[],
  notes: string[],
): number => {
  const date = textOf(elements, "AcquisitionDate") ?? textOf(elements, "AcquisitionDateTime")?.slice(0, 8);
  const times = [
    textOf(elements, "AcquisitionTime") ?? textOf(elements, "AcquisitionDateTime")?.slice(8),
    ...acquisitionTimes,
  ];
  const acquired = times.flatMap((time) => momentOf(date, time) ?? []);
  const earliest = acquired.length === 0 ? undefined : Math.min(...acquired);
  const series = momentOf(
    textOf(elements, "SeriesDate") ?? textOf(elements, "StudyDate"),
    textOf(elements, "SeriesTime"),
  );
  if (series !== undefined && (earliest === undefined || series <= earliest)) return series;
  // A series that was made after the scan has a time of its own; the scanner's is elsewhere.
  const private_ = dateTimeOf(textOf(elements, "(0009,100D)"));
  if (/^GEMS_PETD_01/.test(textOf(elements, "(0009,0010)") ?? "") && private_ !== undefined) {
    notes.push("the series time is later than the acquisition; GE's own scan time (0009,100D) was taken");
    return private_;
  }
  if (earliest === undefined)
    return refuse("neither SeriesTime (0008,0031) nor AcquisitionTime (0008,0032) say when it was scanned", complete);
  const reference = (numberOf(elements, "FrameReferenceTime") ?? 0) / 1000;
  const duration = (numberOf(elements, "ActualFrameDuration") ?? 0) / 1000;
  if (reference > 0 && duration > 0) {
    const decay = (Math.LN2 / halfLife) * duration;
    const average = (duration / decay) * Math.log(decay / (1 - Math.exp(-decay)));
    notes.push(
      "the series time is later than the acquisition; the start was computed from FrameReferenceTime (0054,1300)",
    );
    return earliest - reference + average;
  }
  notes.push("the series time is later than the acquisition; the earliest acquisition was taken as the start");
  return earliest;
};

/** After so many half-lives there is nothing left to see: the times must be wrong. */
const longestUptake = 5;

const uptakeTime = (drug: Metadata, reference: number, halfLife: number, notes: string[]): number => {
  const told = dateTimeOf(textOf(drug, "RadiopharmaceuticalStartDateTime"));
  const times = (injected: number): string => `injected ${show(injected)}, measured ${show(reference)}`;
  const checked = (uptake: number, injected: number): number => {
    if (uptake < 0)
      return refuse(
        `the injection is after the scan (${times(injected)}${uptake >= -daySeconds && uptake + daySeconds < longestUptake * halfLife ? "; its date is one day late" : ""})`,
        "correct RadiopharmaceuticalStartDateTime (0018,1078)",
      );
    return uptake > longestUptake * halfLife
      ? refuse(
          `the injection is ${(uptake / halfLife).toFixed(1)} half-lives before the scan (${times(injected)})`,
          "correct the times of injection and scan",
        )
      : uptake;
  };
  if (told !== undefined) return checked(reference - told, told);
  const seconds = secondsOf(textOf(drug, "RadiopharmaceuticalStartTime"));
  if (seconds === undefined)
    return refuse(
      "neither RadiopharmaceuticalStartDateTime (0018,1078) nor RadiopharmaceuticalStartTime (0018,1072) is there",
      complete,
    );
  // Only a time of day: of the day of the scan, or of the day before when that would be later than the scan.
  const day = Math.floor(reference / daySeconds) * daySeconds;
  const sameDay = day + seconds;
  if (sameDay <= reference) return checked(reference - sameDay, sameDay);
  notes.push("the injection was taken to be on the day before the scan: its time of day is later");
  const dayBefore = sameDay - daySeconds;
  const uptake = reference - dayBefore;
  return uptake > longestUptake * halfLife
    ? refuse(
        `the injection is after the scan (${times(sameDay)}), and the day before is ${(uptake / halfLife).toFixed(1)} half-lives ago`,
        "correct RadiopharmaceuticalStartTime (0018,1072)",
      )
    : uptake;
};

// ---------------------------------------------------------------- body size

type Sex = "female" | "male";
const sexOf = (elements: Metadata): Sex => {
  const sex = textOf(elements, "PatientSex");
  return sex === "F"
    ? "female"
    : sex === "M"
      ? "male"
      : refuse(`PatientSex (0010,0040) is ${sex ?? "missing"}`, "ask for the variant by body weight");
};

/** Grams, or cm² for the surface, that the dose is shared out over. */
const sizes: Readonly<Record<SuvVariant, (elements: Metadata) => number>> = {
  "body-weight": (elements) => weightOf(elements) * 1000,
  "lean-body-mass": (elements) => {
    const [weight, height] = [weightOf(elements), heightOf(elements)];
    const index = weight / (height * height);
    return { male: (9.27e6 * weight) / (6680 + 216 * index), female: (9.27e6 * weight) / (8780 + 244 * index) }[
      sexOf(elements)
    ];
  },
  "lean-body-mass-james": (elements) => {
    const [weight, height] = [weightOf(elements), heightOf(elements) * 100];
    const ratio = (weight / height) ** 2;
    return { male: 1.1 * weight - 128 * ratio, female: 1.07 * weight - 148 * ratio }[sexOf(elements)] * 1000;
  },
  "body-surface-area": (elements) => 0.007184 * weightOf(elements) ** 0.425 * (heightOf(elements) * 100) ** 0.725 * 1e4,
};
const weightOf = (elements: Metadata): number => positiveOf(elements, "PatientWeight", "(0010,1030)");
const heightOf = (elements: Metadata): number => positiveOf(elements, "PatientSize", "(0010,1020)");

// ---------------------------------------------------------------- the factor

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
