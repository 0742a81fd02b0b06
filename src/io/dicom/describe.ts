/**
 * What a data set says about the image, the patient and the study, in the fields that every image here has.
 */
import type { Clinical, Display, Modality, Study } from "../../image.ts";
import type { DataSet } from "./data-set.ts";
import type { Keyword } from "./tags.ts";

/** An object of those fields that are known. */
const known = <A extends object>(fields: { readonly [K in keyof A]: A[K] | undefined }): A =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as A;

type MriSubtype = Extract<Modality, { kind: "MRI" }>["subtype"];

/** By the words that scanners and technicians use; the more special ones first. */
const mriWords: readonly (readonly [RegExp, NonNullable<MriSubtype>])[] = [
  [/\badc\b|apparent diffusion/i, "ADC"],
  [/flair/i, "FLAIR"],
  [/\b(dwi|dti)\b|diffusion|tracew/i, "DWI"],
  [/(^|[^a-z0-9])t1([^0-9]|$)|mprage/i, "T1"],
  [/(^|[^a-z0-9])t2(?!\s*\*|star)([^0-9*]|$)/i, "T2"],
];

const contrasts: Readonly<Record<string, NonNullable<MriSubtype>>> = {
  T1: "T1",
  T2: "T2",
  FLUID_ATTENUATED: "FLAIR",
  DIFFUSION: "DWI",
};

const mriSubtype = (data: DataSet): MriSubtype => {
  const words = [...data.texts("ImageType"), data.text("SeriesDescription"), data.text("ProtocolName")].join(" ");
  const said = mriWords.find(([pattern]) => pattern.test(words))?.[1];
  return said ?? contrasts[data.text("AcquisitionContrast") ?? ""];
};

const petSubtype = (data: DataSet): "FDG" | "PSMA" | undefined => {
  const drug = data.item("RadiopharmaceuticalInformationSequence");
  const words = [
    drug?.text("Radiopharmaceutical"),
    drug?.item("RadiopharmaceuticalCodeSequence")?.text("CodeMeaning"),
    drug?.item("RadiopharmaceuticalCodeSequence")?.text("CodeValue"),
  ].join(" ");
  if (/fdg|fluoro-?deoxy|fludeoxyglucose|C-B1031/i.test(words)) return "FDG";
  return /psma/i.test(words) ? "PSMA" : undefined;
};

export const modalityOf = (data: DataSet): Modality => {
  const code = data.text("Modality");
  if (code === "CT") return { kind: "CT" };
  if (code === "MR") {
    const subtype = mriSubtype(data);
    return subtype === undefined ? { kind: "MRI" } : { kind: "MRI", subtype };
  }
  if (code === "PT") {
    const subtype = petSubtype(data);
    return subtype === undefined ? { kind: "PET" } : { kind: "PET", subtype };
  }
  return code === undefined ? { kind: "other" } : { kind: "other", name: code };
};

export const studyOf = (data: DataSet): Study => {
  const text = (keyword: Keyword): string | undefined => data.text(keyword);
  return known<Study>({
    studyUid: text("StudyInstanceUID"),
    seriesUid: text("SeriesInstanceUID"),
    frameOfReferenceUid: text("FrameOfReferenceUID"),
    patientId: text("PatientID"),
    studyDate: text("StudyDate"),
    studyTime: text("StudyTime"),
    seriesDate: text("SeriesDate"),
    seriesTime: text("SeriesTime"),
    acquisitionDate: text("AcquisitionDate") ?? text("AcquisitionDateTime")?.slice(0, 8),
    acquisitionTime: text("AcquisitionTime") ?? text("AcquisitionDateTime")?.slice(8),
    studyDescription: text("StudyDescription"),
    seriesDescription: text("SeriesDescription"),
    // An empty element says that no agent was given.
    contrast: data.has("ContrastBolusAgent") ? (text("ContrastBolusAgent") ?? "") : undefined,
  });
};

const sexes: Readonly<Record<string, NonNullable<Clinical["sex"]>>> = { F: "female", M: "male", O: "other" };

/** An age string (PS3.5: nnnD, nnnW, nnnM or nnnY) in years. */
const yearsOf = (age: string | undefined): number | undefined => {
  const [, number, unit = "Y"] = /^(\d{1,3})([DWMY])?$/.exec(age ?? "") ?? [];
  const days = { D: 1, W: 7, M: 365.25 / 12, Y: 365.25 }[unit];
  return number === undefined || days === undefined ? undefined : (Number(number) * days) / 365.25;
};

const positive = (n: number | undefined): number | undefined =>
  n !== undefined && Number.isFinite(n) && n > 0 ? n : undefined;

export const clinicalOf = (data: DataSet): Clinical =>
  known<Clinical>({
    age: yearsOf(data.text("PatientAge")),
    sex: sexes[data.text("PatientSex") ?? ""],
    weight: positive(data.number("PatientWeight")),
    height: positive(data.number("PatientSize")),
  });

export const displayOf = (data: DataSet): Display => {
  const shared = data.item("SharedFunctionalGroupsSequence")?.item("FrameVOILUTSequence");
  const own = data.item("PerFrameFunctionalGroupsSequence")?.item("FrameVOILUTSequence");
  const from = data.has("WindowCenter") ? data : (shared ?? own);
  const [center, width] = [from?.number("WindowCenter"), from?.number("WindowWidth")];
  return center !== undefined && width !== undefined && Number.isFinite(center) && width > 0
    ? { window: { center, width } }
    : {};
};
