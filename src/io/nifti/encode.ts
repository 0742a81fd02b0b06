/**
 * An image as the bytes of a NIfTI file: a header made from grid, voxels and kept metadata, then voxels in
 * pieces that refer to the image's own memory.
 */
import { fail } from "../../../compiler/errors.ts";
import { voxelCount } from "../../../compiler/language/grid.ts";
import { dtypes, isIdentityRescale, noRescale, type Rescale } from "../../../compiler/language/voxels.ts";
import { componentCount, type MedImage } from "../../image.ts";
import { type VoxelOrder, voxelPieces } from "../voxel-order.ts";
import { datatypeCode } from "./datatypes.ts";
import { formatExtensions } from "./extensions.ts";
import { formsOf, hasAxesAsRead } from "./forms.ts";
import { layouts, type NumericField, type Version, writeField, writeText } from "./layout.ts";
import { type NiftiMetadata, niftiMetadataIn } from "./metadata.ts";

export interface EncodedNifti {
  readonly header: Uint8Array;
  readonly voxels: () => Iterable<Uint8Array>;
  readonly voxelBytes: number;
}

/** How the channels of an image are laid out in the file. */
interface Arrangement {
  readonly datatype: number;
  readonly components: number;
  /** Sizes of the axes after the third. */
  readonly shape: readonly number[];
  readonly rescale: Rescale;
  readonly intent?: number;
  /** Interleaved components as one datatype, or each a position along the fifth axis. */
  readonly interleaved: boolean;
}

const rgbVector = 2003;
const rgbaVector = 2004;

const unsupported = (reason: string, remedy: string): never => fail({ kind: "UnsupportedVoxels", reason, remedy });

const arrange = (image: MedImage): Arrangement => {
  const { dtype, rescale, channels: count } = image.voxels;
  const { components: kind } = image.channels;
  const components = componentCount[kind];
  const whole = image.channels.shape.reduce((a, b) => a * b, components) === count;
  const shape = whole ? image.channels.shape : [count / components];
  const colour = kind === "rgb" || kind === "rgba";
  const code = datatypeCode(dtype, kind);
  if (code !== undefined && !(colour && !isIdentityRescale(rescale)))
    return { datatype: code, components, shape, rescale: colour ? noRescale : rescale, interleaved: true };
  const plain = datatypeCode(dtype, "scalar");
  if (kind === "complex" || plain === undefined || shape.length > 1)
    return unsupported(
      `NIfTI has no ${kind} voxels of ${dtype}`,
      `convert them with as("${colour ? "uint8" : "float32"}")`,
    );
  // Colours that are not bytes: the standard's vector along the fifth axis.
  return {
    datatype: plain,
    components,
    shape: [shape[0] ?? 1, components],
    rescale,
    intent: kind === "rgb" ? rgbVector : rgbaVector,
    interleaved: false,
  };
};

/** dim[1] on; the axes that a 2-D or 1-D file did not have stay away while they hold one voxel. */
const sizesOf = (image: MedImage, shape: readonly number[], kept: NiftiMetadata | undefined): readonly number[] => {
  const { size } = image.grid;
  if (shape.length > 4) unsupported(`NIfTI has 7 dimensions, not ${3 + shape.length}`, "merge the last ones");
  const rank = shape.length > 0 || kept === undefined || kept.dim.length === 0 ? 3 : Math.min(3, kept.dim.length);
  const present = Math.max(rank, size.findLastIndex((n) => n > 1) + 1, 1);
  return [...size.slice(0, present), ...shape];
};

const maxShort = 32767;

const versionFor = (kept: NiftiMetadata | undefined, sizes: readonly number[], srow: readonly number[]): Version =>
  kept?.version === 2 || sizes.some((n) => n > maxShort) || !srow.every((x) => Number.isFinite(Math.fround(x))) ? 2 : 1;

/**
 * Header and voxels of a NIfTI file: NIfTI-1 unless a size needs NIfTI-2 or the image was read from it
 * (whose float64 geometry and scaling NIfTI-1 would round).
 * @param pair whether the voxels go into a file of their own
 * @throws MedImagesError `UnsupportedVoxels` when NIfTI has no datatype for the voxels
 */
export const encodeImage = (image: MedImage, pair: boolean): EncodedNifti => {
  const { voxels, grid } = image;
  const kept = niftiMetadataIn(image.metadata);
  const arrangement = arrange(image);
  const sizes = sizesOf(image, arrangement.shape, kept);
  const forms = formsOf(grid, kept);
  const version = versionFor(kept, sizes, forms.srow);
  const layout = layouts[version];

  const extensions = formatExtensions(kept?.extensions ?? []);
  const headerSize = layout.size + 4 + extensions.length;
  const { window } = image.display;
  const timing = kept !== undefined && hasAxesAsRead(kept, grid) ? kept : undefined;
  const width = dtypes[voxels.dtype].bytes;
  const numbers: Readonly<Record<NumericField, readonly number[]>> = {
    sizeof_hdr: [layout.size],
    dim_info: [timing?.dim_info ?? 0],
    dim: [sizes.length, ...sizes, ...Array<number>(7 - sizes.length).fill(1)],
    intent_p: arrangement.intent === undefined && kept?.intent_p.length === 3 ? kept.intent_p : [0, 0, 0],
    intent_code: [arrangement.intent ?? kept?.intent_code ?? 0],
    datatype: [arrangement.datatype],
    bitpix: [width * 8 * (arrangement.interleaved ? arrangement.components : 1)],
    slice_start: [timing?.slice_start ?? 0],
    pixdim: [forms.qfac, ...forms.sizes, ...[0, 1, 2, 3].map((k) => kept?.pixdim_rest[k] ?? 1)],
    vox_offset: [pair ? 0 : headerSize],
    scl_slope: [arrangement.rescale.slope],
    scl_inter: [arrangement.rescale.intercept],
    slice_end: [timing?.slice_end ?? 0],
    slice_code: [timing?.slice_code ?? 0],
    xyzt_units: [forms.space_units | (kept?.time_units ?? 0)],
    cal_max: [window === undefined ? 0 : window.center + window.width / 2],
    cal_min: [window === undefined ? 0 : window.center - window.width / 2],
    slice_duration: [timing?.slice_duration ?? 0],
    toffset: [kept?.toffset ?? 0],
    qform_code: [forms.qform_code],
    sform_code: [forms.sform_code],
    quatern: forms.quatern,
    qoffset: forms.qoffset,
    srow: forms.srow,
  };
  const texts = {
    magic: `${pair ? "ni" : "n+"}${version}${version === 2 ? "\0\r\n\x1a\n" : ""}`,
    descrip: kept?.descrip ?? "",
    aux_file: kept?.aux_file ?? "",
    intent_name: kept?.intent_name ?? "",
  };

  const header = new Uint8Array(headerSize);
  const view = new DataView(header.buffer);
  for (const [name, field] of Object.entries(layout.numbers)) writeField(view, field, numbers[name as NumericField]);
  for (const [name, field] of Object.entries(layout.texts)) writeText(header, field, texts[name as keyof typeof texts]);
  header[layout.size] = extensions.length > 0 ? 1 : 0;
  header.set(extensions, layout.size + 4);

  const volume = voxelCount(grid);
  return { header, voxels: () => orderedPieces(image, arrangement, volume), voxelBytes: voxels.data.byteLength };
};

function* orderedPieces(image: MedImage, arrangement: Arrangement, volume: number): Generator<Uint8Array, void> {
  const { data, dtype } = image.voxels;
  const order = (components: number): VoxelOrder => ({ dtype, components, volume });
  if (arrangement.interleaved) {
    yield* voxelPieces(data, order(arrangement.components));
    return;
  }
  // Position along the fourth axis first, then component: the other way round than in memory.
  const { components, shape } = arrangement;
  for (let c = 0; c < components; c++)
    for (let t = 0; t < (shape[0] ?? 1); t++) {
      const start = (t * components + c) * volume;
      yield* voxelPieces(data.subarray(start, start + volume), order(1));
    }
}
