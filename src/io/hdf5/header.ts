/**
 * What an image knows besides voxels and geometry, as the text in an HDF5 file: JSON, in which bytes and numbers that
 * JSON does not have stand as objects of one key. Whatever is not of its type when it is read counts as absent.
 */
import {
  type Channels,
  type Clinical,
  componentCount,
  type Display,
  type MedImage,
  type Metadata,
  type MetadataValue,
  type Modality,
  type Study,
  type Warning,
} from "../../image.ts";
import { isRecord } from "../kept-metadata.ts";

export type HeaderPart = Pick<
  MedImage,
  "channels" | "modality" | "study" | "clinical" | "display" | "metadata" | "warnings"
>;

const bytesKey = "$base64";
const numberKey = "$number";

const toBase64 = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2 ** 14) text += String.fromCharCode(...bytes.subarray(at, at + 2 ** 14));
  return btoa(text);
};

export const encodeHeader = (header: HeaderPart): string =>
  JSON.stringify(header, (_, one: unknown) => {
    if (one instanceof Uint8Array) return { [bytesKey]: toBase64(one) };
    return typeof one === "number" && !Number.isFinite(one) ? { [numberKey]: String(one) } : one;
  });

/** @throws SyntaxError, DOMException for text that is none of this */
export const parseJson = (text: string): MetadataValue | undefined =>
  JSON.parse(text, (_, one: MetadataValue | null) => {
    // There is no nothing among metadata.
    if (one === null) return undefined;
    if (!isRecord(one)) return one;
    const { [bytesKey]: bytes, [numberKey]: number } = one;
    if (typeof bytes === "string") return Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    return typeof number === "string" ? Number(number) : one;
  }) as MetadataValue | undefined;

const subtypes = {
  MRI: ["T1", "T2", "FLAIR", "DWI", "ADC"],
  PET: ["FDG", "PSMA"],
} as const;

const modalityOf = (value: MetadataValue | undefined): Modality => {
  const { kind, subtype, name } = isRecord(value) ? value : ({} as Metadata);
  const mri = subtypes.MRI.find((one) => one === subtype);
  const pet = subtypes.PET.find((one) => one === subtype);
  if (kind === "CT") return { kind };
  if (kind === "MRI") return { kind, ...(mri === undefined ? {} : { subtype: mri }) };
  if (kind === "PET") return { kind, ...(pet === undefined ? {} : { subtype: pet }) };
  return { kind: "other", ...(typeof name === "string" ? { name } : {}) };
};

const entriesOf = (value: MetadataValue | undefined): readonly (readonly [string, MetadataValue])[] =>
  isRecord(value) ? Object.entries(value) : [];

const studyOf = (value: MetadataValue | undefined): Study =>
  Object.fromEntries(entriesOf(value).filter(([, one]) => typeof one === "string"));

const sexes = ["female", "male", "other"] as const;

const clinicalOf = (value: MetadataValue | undefined): Clinical => ({
  ...Object.fromEntries(entriesOf(value).filter(([, one]) => typeof one === "number")),
  ...Object.fromEntries(sexes.flatMap((sex) => (isRecord(value) && value.sex === sex ? [["sex", sex]] : []))),
});

const displayOf = (value: MetadataValue | undefined): Display => {
  const { window, colorMap } = isRecord(value) ? value : ({} as Metadata);
  const { center, width } = isRecord(window) ? window : ({} as Metadata);
  return {
    ...(typeof center === "number" && typeof width === "number" ? { window: { center, width } } : {}),
    ...(typeof colorMap === "string" ? { colorMap } : {}),
  };
};

const componentNames = Object.keys(componentCount) as Channels["components"][];

/** What the text says of channels, as far as it fits their number. */
const channelsOf = (value: MetadataValue | undefined, count: number): Channels => {
  const plain: Channels = { components: "scalar", shape: count === 1 ? [] : [count] };
  const { components: name, shape } = isRecord(value) ? value : ({} as Metadata);
  const components = componentNames.find((one) => one === name);
  if (components === undefined || !Array.isArray(shape)) return plain;
  const sizes = shape.filter((n): n is number => Number.isInteger(n) && n >= 1);
  return sizes.reduce((a, b) => a * b, componentCount[components]) === count ? { components, shape: sizes } : plain;
};

const warningsOf = (value: MetadataValue | undefined): readonly Warning[] =>
  Array.isArray(value)
    ? value.flatMap((one: MetadataValue) => {
        const { kind, message } = isRecord(one) ? one : ({} as Metadata);
        return typeof kind === "string" && typeof message === "string" ? [{ kind, message }] : [];
      })
    : [];

/** @throws SyntaxError, DOMException for text that is no header */
export const decodeHeader = (text: string, channels: number): HeaderPart => {
  const parsed = parseJson(text);
  const value = isRecord(parsed) ? parsed : {};
  return {
    channels: channelsOf(value.channels, channels),
    modality: modalityOf(value.modality),
    study: studyOf(value.study),
    clinical: clinicalOf(value.clinical),
    display: displayOf(value.display),
    metadata: isRecord(value.metadata) ? value.metadata : {},
    warnings: warningsOf(value.warnings),
  };
};
