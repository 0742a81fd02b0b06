/** What a MetaImage header says beyond voxels and geometry, kept in `image.metadata.metaimage` to be written back. */
import type { Metadata } from "../../image.ts";
import { isRecord, numbersIn } from "../kept-metadata.ts";

export type MetaImageMetadata = {
  /** NDims as it was read. */
  readonly dimensions: number;
  /** ElementNumberOfChannels as it was read. */
  readonly interleaved: number;
  /** Spacing and origin of the axes after the third. */
  readonly rest_spacing: readonly number[];
  readonly rest_origin: readonly number[];
  /** All fields that the reader does not use, as they stand in the file. */
  readonly fields: { readonly [name: string]: string };
};

/** Whatever is not of its type counts as absent. */
export const metaImageMetadataIn = (metadata: Metadata): MetaImageMetadata | undefined => {
  const kept = metadata.metaimage;
  if (!isRecord(kept)) return undefined;
  const { dimensions, interleaved, fields } = kept;
  const texts = isRecord(fields) ? Object.entries(fields) : [];
  return {
    dimensions: typeof dimensions === "number" ? dimensions : 3,
    interleaved: typeof interleaved === "number" ? interleaved : 1,
    rest_spacing: numbersIn(kept.rest_spacing),
    rest_origin: numbersIn(kept.rest_origin),
    fields: Object.fromEntries(texts.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []))),
  };
};
