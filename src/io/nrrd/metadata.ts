/** What an NRRD header says beyond voxels and geometry, kept in `image.metadata.nrrd` to be written back. */
import type { Metadata, MetadataValue } from "../../image.ts";
import { isRecord, textsIn } from "../kept-metadata.ts";

export type NrrdMetadata = {
  /** How many axes stood before those of space in the file. */
  readonly leading: number;
  /** `kinds` and `spacings` of the axes that are not of space, in the order of the channels. */
  readonly other_kinds: readonly string[];
  readonly other_spacings: readonly string[];
  /** As it stands in the file, in the space that it was read in. */
  readonly measurement_frame: string;
  readonly read_space: string;
  /** Fields that the reader does not use, under their names without spaces. */
  readonly fields: { readonly [name: string]: string };
  /** The `key:=value` pairs. */
  readonly keys: { readonly [key: string]: string };
};

const textsOf = (value: MetadataValue | undefined): { readonly [name: string]: string } =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).flatMap(([name, one]) => (typeof one === "string" ? [[name, one]] : [])))
    : {};

const count = (value: MetadataValue | undefined, otherwise: number): number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : otherwise;
const text = (value: MetadataValue | undefined): string => (typeof value === "string" ? value : "");

/** Whatever is not of its type counts as absent. */
export const nrrdMetadataIn = (metadata: Metadata): NrrdMetadata | undefined => {
  const kept = metadata.nrrd;
  if (!isRecord(kept)) return undefined;
  return {
    leading: count(kept.leading, 0),
    other_kinds: textsIn(kept.other_kinds),
    other_spacings: textsIn(kept.other_spacings),
    measurement_frame: text(kept.measurement_frame),
    read_space: text(kept.read_space),
    fields: textsOf(kept.fields),
    keys: textsOf(kept.keys),
  };
};
