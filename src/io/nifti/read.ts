/**
 * Reading NIfTI: header, checks of its claims against the bytes that are there, and only then voxels,
 * streamed straight into the buffer that the image keeps.
 */
import { fail } from "../../../compiler/errors.ts";
import { product, type Vector3 } from "../../../compiler/language/vector.ts";
import { type DType, dtypes, noRescale, type Rescale, type VoxelArray } from "../../../compiler/language/voxels.ts";
import { componentCount, type Display, type Warning } from "../../image.ts";
import type { Content } from "../content.ts";
import type { ImageHeader, OpenedImage } from "../format.ts";
import { allocateVoxels, type Budget, checkBudget, checkRatio } from "../limits.ts";
import { checkClaim, pump } from "../raw-voxels.ts";
import { voxelSink } from "../voxel-order.ts";
import { type Components, datatypes } from "./datatypes.ts";
import { type Extension, parseExtensions } from "./extensions.ts";
import { placementOf } from "./geometry.ts";
import type { NiftiHeader } from "./header.ts";
import { headerLength } from "./identity.ts";
import { type Located, locate } from "./locate.ts";
import { metadataOfHeader } from "./metadata.ts";

type Warn = (kind: string, message: string) => void;

const heldDatatype = (
  header: NiftiHeader,
  path: string,
  warn: Warn,
): { readonly dtype: DType; readonly components: Components } => {
  const type = datatypes.get(header.datatype);
  if (type === undefined)
    return fail({ kind: "MalformedFile", path, reason: `its datatype code ${header.datatype} is none of NIfTI's` });
  if (type.kind === "refused")
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: `its datatype ${type.name} (${header.datatype}) cannot be read: ${type.reason}`,
      remedy: "convert it to float64 or to integers",
    });
  const bits = dtypes[type.dtype].bytes * componentCount[type.components] * 8;
  if (header.bitpix !== bits)
    warn("datatype", `bitpix is ${header.bitpix} where ${type.name} has ${bits} bits; the datatype was taken`);
  return type;
};

/** Slope 0 and NaN are the ways to say that there is none. Colours are never rescaled. */
const rescaleOf = (header: NiftiHeader, components: Components, warn: Warn): Rescale => {
  const { scl_slope: slope, scl_inter: intercept } = header;
  if (components === "rgb" || components === "rgba" || slope === 0 || Number.isNaN(slope)) return noRescale;
  if (!Number.isFinite(slope)) {
    warn("rescale", `scl_slope is ${slope}; the voxels were not rescaled`);
    return noRescale;
  }
  if (Number.isFinite(intercept)) return { slope, intercept };
  warn("rescale", `scl_inter is ${intercept}; 0 was taken`);
  return { slope, intercept: 0 };
};

const displayOf = ({ cal_min: min, cal_max: max }: NiftiHeader): Display =>
  Number.isFinite(max - min) && max > min ? { window: { center: (min + max) / 2, width: max - min } } : {};

/** The most that is kept of what lies behind the header in a file of its own. */
const extensionLimit = 2 ** 26;

const readExtensions = async (located: Located, budget: Budget, warn: Warn): Promise<readonly Extension[]> => {
  const { header, headerContent: content, voxelContent, voxelOffset } = located;
  if (header.format === "Analyze 7.5") return [];
  const flag = await content.take(4);
  const single = content === voxelContent;
  if (flag[0] === undefined || flag[0] === 0) return [];
  const length = single ? voxelOffset - headerLength[header.version] - 4 : extensionLimit;
  if (single) checkRatio(content, length, budget);
  if (length > (budget.memory ?? Number.POSITIVE_INFINITY) && single)
    fail({
      kind: "BudgetExceeded",
      path: content.name,
      what: "the part of the header between its fields and the voxels",
      needed: length,
      budget: budget.memory ?? 0,
      remedy: "state a larger `memory` in bytes (command line: --memory)",
    });
  const { extensions, problem } = parseExtensions(await content.take(length), header.littleEndian);
  if (problem !== undefined) warn("extensions", problem);
  return extensions;
};

/** NIfTI adds the intercept to real parts only, which one rescale for all channels cannot say. */
const addToRealParts = (data: VoxelArray, volume: number, shift: number): void => {
  for (let start = 0; start < data.length; start += 2 * volume)
    for (let k = start; k < start + volume; k++) data[k] = (data[k] as number) + shift;
};

/** Reads and checks the header of a NIfTI or Analyze image. */
export const openNifti = async (content: Content, budget: Budget): Promise<OpenedImage> => {
  const warnings: Warning[] = [];
  const opened: Content[] = [];
  const close = async (): Promise<void> => {
    for (const other of opened) await other.close();
  };
  try {
    const located = await locate(content, warnings, (other) => opened.push(other));
    const { header, headerContent, voxelContent, voxelOffset } = located;
    const path = headerContent.name;
    const warn: Warn = (kind, message) => {
      warnings.push({ kind, message: `${path}: ${message}` });
    };
    const { dtype, components } = heldDatatype(header, path, warn);
    const size: Vector3 = [header.dim[0] ?? 1, header.dim[1] ?? 1, header.dim[2] ?? 1];
    const shape = header.dim.slice(3);
    const volume = product(size);
    const channels = shape.reduce((a, b) => a * b, componentCount[components]);
    const bytes = volume * channels * dtypes[dtype].bytes;
    checkClaim(voxelContent, voxelOffset, bytes);
    const rescale = rescaleOf(header, components, warn);
    const shift = components === "complex" ? rescale.intercept / rescale.slope : 0;
    if (shift !== 0) warn("rescale", "scl_inter was added to the stored real parts, as it applies to these only");
    const placement = placementOf(header, size, path, warn);
    const { grid } = placement;
    const extensions = await readExtensions(located, budget, warn);
    // The rest of a header of its own, so that its checksum is checked as well.
    if (headerContent !== voxelContent) await headerContent.skip(extensionLimit);
    const packing = (): readonly Warning[] =>
      headerContent === voxelContent
        ? headerContent.warnings()
        : [...headerContent.warnings(), ...voxelContent.warnings()];

    const imageHeader: ImageHeader = {
      format: header.format,
      grid,
      dtype,
      rescale: shift === 0 ? rescale : { slope: rescale.slope, intercept: 0 },
      channels: { components, shape },
      modality: { kind: "other" },
      study: {},
      clinical: {},
      display: displayOf(header),
      metadata: { nifti: metadataOfHeader(header, placement, extensions) },
      warnings: [...warnings, ...packing()],
    };
    const seen = imageHeader.warnings.length;
    const late: Warning[] = [];
    const lateWarnings = (): readonly Warning[] => [...warnings, ...packing(), ...late].slice(seen);
    const lateWarn: Warn = (kind, message) => {
      late.push({ kind, message: `${voxelContent.name}: ${message}` });
    };
    return {
      header: imageHeader,
      read: async (progress) => {
        const buffer = allocateVoxels(voxelContent, bytes, volume * channels, budget);
        const order = { dtype, components: componentCount[components], volume };
        const sink = voxelSink(buffer, order, !header.littleEndian);
        await pump(voxelContent, voxelOffset, bytes, progress, sink.write, lateWarn);
        sink.finish();
        // The buffer may be longer than asked for: memories come in pages.
        const data = new dtypes[dtype].array(buffer, 0, volume * channels);
        if (shift !== 0) addToRealParts(data, volume, shift);
        return { voxels: { dtype, data, channels, rescale: imageHeader.rescale }, warnings: lateWarnings() };
      },
      verify: async (progress) => {
        checkBudget(voxelContent, bytes, budget);
        await pump(voxelContent, voxelOffset, bytes, progress, () => {}, lateWarn);
        return lateWarnings();
      },
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
};
