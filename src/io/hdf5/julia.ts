/**
 * Images as MedImages.jl keeps them (`save_med_image` in its src/HDF5_manag.jl): a group of any name, in it a dataset
 * for each image under its study UID, geometry and all the rest as attributes of the dataset. Julia's first axis is
 * the fastest, so that [x, y, z] there is [z, y, x] in the file. The world is LPS, as in ITK.
 */
import type { Attribute, Dataset, File as Hdf5File } from "h5wasm";
import { noRescale } from "../../../compiler/language/voxels.ts";
import type { Clinical, Metadata, MetadataValue, Modality, Study } from "../../image.ts";
import { isRecord } from "../kept-metadata.ts";
import { parseJson } from "./header.ts";
import {
  type DescribedVoxels,
  describeDataset,
  isDataset,
  isGroup,
  type Layout,
  malformed,
  numbersOf,
} from "./slices.ts";

/** Every image has these, by which it is known. */
const marks = ["origin", "spacing", "direction", "image_type", "image_subtype"] as const;

const datasetsOf = (file: Hdf5File): ReadonlyMap<string, Dataset> =>
  new Map(
    file.keys().flatMap((group) => {
      const inside = file.get(group);
      if (!isGroup(inside)) return [];
      return inside.keys().flatMap((name) => {
        const dataset = inside.get(name);
        if (!isDataset(dataset)) return [];
        const { attrs } = dataset;
        return marks.every((mark) => mark in attrs) ? [[`${group}/${name}`, dataset] as const] : [];
      });
    }),
  );

/** In the order of its enumerations, by whose numbers they are kept. */
const types = ["MRI", "PET", "CT"] as const;
const subtypes = ["CT", "ADC", "DWI", "T1", "T2", "FLAIR", "FDG", "PSMA"] as const;
const ofMri = ["T1", "T2", "FLAIR", "DWI", "ADC"] as const;
const ofPet = ["FDG", "PSMA"] as const;

const modalityOf = (type: number | undefined, subtype: number | undefined): Modality => {
  const kind = types[type ?? -1];
  const name = subtypes[subtype ?? -1];
  if (kind === undefined) return { kind: "other" };
  if (kind === "CT") return { kind };
  const mri = ofMri.find((one) => one === name);
  const pet = ofPet.find((one) => one === name);
  return kind === "MRI"
    ? { kind, ...(mri === undefined ? {} : { subtype: mri }) }
    : { kind, ...(pet === undefined ? {} : { subtype: pet }) };
};

const numberOf = (attribute: Attribute | undefined): number | undefined => {
  const value = attribute?.value;
  return typeof value === "bigint" ? Number(value) : numbersOf(attribute, 1)?.[0];
};

/** Fields that were never set hold a blank. */
const textOf = (attribute: Attribute | undefined): string | undefined => {
  const value = attribute?.value;
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? undefined : text;
};

/** Dictionaries are kept as JSON; what is none of it stays the text that it is. */
const dictionaryOf = (attribute: Attribute | undefined): MetadataValue | undefined => {
  const text = textOf(attribute);
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

/** Julia's Bool is a bit field of eight bits. */
const flagOf = (attribute: Attribute | undefined): boolean | undefined => {
  const value = attribute?.value;
  return value instanceof Uint8Array && value.length === 1 ? value[0] !== 0 : undefined;
};

const given = <A extends object>(entries: { readonly [K in keyof A]: A[K] | undefined }): A =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as A;

const studyOf = (uid: string, attrs: Readonly<Record<string, Attribute>>): Study => {
  const [, date = "", time = ""] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)/.exec(textOf(attrs.acquistion_time) ?? "") ?? [];
  return given<Study>({
    studyUid: uid,
    seriesUid: textOf(attrs.series_uid),
    patientId: textOf(attrs.patient_id),
    studyDescription: textOf(attrs.study_description),
    acquisitionDate: date.replaceAll("-", "") || undefined,
    acquisitionTime: time.replaceAll(":", "") || undefined,
  });
};

const clinicalOf = (data: MetadataValue | undefined): Clinical => {
  if (!isRecord(data)) return {};
  const number = (name: string): number | undefined => {
    const value = data[name];
    return typeof value === "number" ? value : undefined;
  };
  const sex = String(data.sex ?? data.gender ?? "");
  return given<Clinical>({
    age: number("age"),
    sex: /^(m|male)$/i.test(sex) ? "male" : /^(f|female)$/i.test(sex) ? "female" : undefined,
    weight: number("weight"),
    height: number("height"),
  });
};

const describe = (file: Hdf5File, name: string, path: string): DescribedVoxels => {
  const dataset = datasetsOf(file).get(name) ?? malformed(path, `has no image "${name}"`);
  const { stored, count, grid } = describeDataset(dataset, name, path);
  const { attrs } = dataset;
  const clinical = dictionaryOf(attrs.clinical_data);
  const kept: Metadata = given<Metadata>({
    date_of_saving: textOf(attrs.date_of_saving),
    patient_uid: textOf(attrs.patient_uid),
    legacy_file_name: textOf(attrs.legacy_file_name),
    is_contrast_administered: flagOf(attrs.is_contrast_administered),
    display_data: dictionaryOf(attrs.display_data),
    clinical_data: clinical,
    metadata: dictionaryOf(attrs.metadata),
  });
  return {
    kind: "intensity",
    count,
    at: name,
    stored,
    eachRescale: undefined,
    header: {
      format: "HDF5 (MedImages.jl)",
      grid,
      dtype: stored,
      rescale: noRescale,
      channels: { components: "scalar", shape: count === 1 ? [] : [count] },
      modality: modalityOf(numberOf(attrs.image_type), numberOf(attrs.image_subtype)),
      study: studyOf(name.slice(name.indexOf("/") + 1), attrs),
      clinical: clinicalOf(clinical),
      display: {},
      metadata: { "medimages.jl": kept },
      warnings: [],
    },
  };
};

export const juliaLayout: Layout = {
  fits: (file) => datasetsOf(file).size > 0,
  names: (file) => [...datasetsOf(file).keys()],
  describe,
};
