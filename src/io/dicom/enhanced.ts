/** The slices of enhanced multi-frame files, of which functional groups say where each frame stands and what it is. */
import type { DataSet } from "./data-set.ts";
import type { ImageFile } from "./file.ts";
import { malformed } from "./malformed.ts";
import { depthOf, placementOf, planarSpacing, spacingOf } from "./placement.ts";
import { collector, once, rescaleOf, type Slice, type Slices } from "./slice.ts";
import { type Keyword, keywordOf, type Tag } from "./tags.ts";

const stackPointers: ReadonlySet<string> = new Set([
  "StackID",
  "InStackPositionNumber",
  "ImagePositionPatient",
  "ImageOrientationPatient",
  "SliceLocation",
]);

/** Functional groups of a frame: its own before those that all frames share. */
interface Groups {
  readonly own: DataSet | undefined;
  readonly shared: DataSet | undefined;
}
const groupOf = ({ own, shared }: Groups, keyword: Keyword): DataSet | undefined =>
  own?.item(keyword) ?? shared?.item(keyword);

const enhancedKeysOf = (groups: Groups, pointers: readonly Tag[]): ReadonlyMap<string, string> => {
  const keys = new Map<string, string>();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") keys.set(name, value);
  };
  const content = groupOf(groups, "FrameContentSequence");
  put("TemporalPositionIndex", content?.numbers("TemporalPositionIndex").join(""));
  put("EffectiveEchoTime", groupOf(groups, "MREchoSequence")?.numbers("EffectiveEchoTime").join(""));
  const diffusion = groupOf(groups, "MRDiffusionSequence");
  put("DiffusionBValue", diffusion?.numbers("DiffusionBValue").join(""));
  const gradient = diffusion?.item("DiffusionGradientDirectionSequence");
  put("DiffusionGradientOrientation", gradient?.numbers("DiffusionGradientOrientation").join("\\"));
  const cardiac = groupOf(groups, "CardiacSynchronizationSequence");
  put("NominalCardiacTriggerDelayTime", cardiac?.numbers("NominalCardiacTriggerDelayTime").join(""));
  const type =
    groupOf(groups, "MRImageFrameTypeSequence") ??
    groupOf(groups, "CTImageFrameTypeSequence") ??
    groupOf(groups, "PETFrameTypeSequence");
  put("FrameType", type?.texts("FrameType").join("\\"));
  put("ComplexImageComponent", type?.text("ComplexImageComponent"));
  const segment = groupOf(groups, "SegmentIdentificationSequence");
  put("ReferencedSegmentNumber", segment?.numbers("ReferencedSegmentNumber").join(""));
  const indices = content?.numbers("DimensionIndexValues") ?? [];
  pointers.forEach((tag, k) => {
    const name = keywordOf(tag) ?? tag;
    const index = indices[k];
    if (!stackPointers.has(name) && !keys.has(name)) put(name, index === undefined ? undefined : String(index));
  });
  put("FrameAcquisitionDateTime", content?.text("FrameAcquisitionDateTime"));
  return keys;
};

/** @throws MedImagesError `MalformedFile` for geometry that is none */
export const enhancedSlices = (file: ImageFile, perFrame: readonly DataSet[]): Slices => {
  const { data, path, layout } = file;
  const { warnings, warn } = collector(path);
  if (perFrame.length < layout.frames)
    malformed(path, `has functional groups for ${perFrame.length} of its ${layout.frames} frames`);
  const shared = data.item("SharedFunctionalGroupsSequence");
  const pointers = data
    .items("DimensionIndexSequence")
    .flatMap((item) => item.attributeTags("DimensionIndexPointer").slice(0, 1));
  const instance = data.number("InstanceNumber") ?? 0;
  const slices = Array.from({ length: layout.frames }, (_, frame): Slice => {
    const groups: Groups = { own: perFrame[frame], shared };
    const measures = groupOf(groups, "PixelMeasuresSequence");
    return {
      file,
      frame,
      tile: undefined,
      columns: layout.columns,
      rows: layout.rows,
      placement: placementOf(
        groupOf(groups, "PlanePositionSequence"),
        groupOf(groups, "PlaneOrientationSequence"),
        path,
        warn,
      ),
      spacing: spacingOf(measures, path, ["PixelSpacing"]) ?? spacingOf(data, path, planarSpacing),
      depth: depthOf(measures) ?? depthOf(data),
      rescale: rescaleOf(groupOf(groups, "PixelValueTransformationSequence") ?? data, warn),
      order: [Number.isFinite(instance) ? instance : 0, frame],
      keys: once(() => enhancedKeysOf(groups, pointers)),
    };
  });
  return { slices, warnings };
};
