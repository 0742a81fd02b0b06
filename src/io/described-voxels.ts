/**
 * An image whose header is known and whose voxels come from a content of their own: the checks before they are
 * read, and the reading. Formats whose headers are text end here.
 */
import { fail } from "../../compiler/errors.ts";
import { product } from "../../compiler/language/vector.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import { componentCount, type Warning } from "../image.ts";
import { axisSink, type PlacedAxis } from "./axis-order.ts";
import type { Content } from "./content.ts";
import type { ImageHeader, OpenedImage } from "./format.ts";
import { allocateVoxels, type Budget, checkBudget } from "./limits.ts";
import { checkClaim, pump } from "./raw-voxels.ts";
import { voxelSink } from "./voxel-order.ts";

/** How the voxels lie in their content. */
export interface VoxelLayout {
  /** How many numbers of one voxel lie together. */
  readonly interleaved: number;
  /** Whether the bytes of each number have to be reversed. */
  readonly swap: boolean;
  /** Where each axis of the file lies in memory, where this is not said by `interleaved`. */
  readonly axes?: readonly PlacedAxis[] | undefined;
}

export const channelsOf = ({ channels }: Pick<ImageHeader, "channels">): number =>
  channels.shape.reduce((a, b) => a * b, componentCount[channels.components]);

/** Bytes of all voxels that a header claims. */
export const claimedBytes = (header: Pick<ImageHeader, "grid" | "channels" | "dtype">): number =>
  product(header.grid.size) * channelsOf(header) * dtypes[header.dtype].bytes;

/**
 * The image, after the header's claim was held against the bytes that are there.
 * @param voxelContent the voxels alone, from its beginning; closed with the image
 */
export const describedImage = (
  header: ImageHeader,
  voxelContent: Content,
  layout: VoxelLayout,
  budget: Budget,
): OpenedImage => {
  const { dtype, grid, rescale } = header;
  const bytes = claimedBytes(header);
  const volume = product(grid.size);
  const channels = channelsOf(header);
  const { name: path } = voxelContent;
  if (voxelContent.capacity <= 0)
    fail({
      kind: "MalformedFile",
      path,
      reason: `has no voxels: of ${bytes} bytes that its header claims none is there`,
    });
  checkClaim(voxelContent, 0, bytes);
  const late: Warning[] = [];
  const warn = (kind: string, message: string): void => {
    late.push({ kind, message: `${path}: ${message}` });
  };
  const warnings = (): readonly Warning[] => [...voxelContent.warnings(), ...late];
  return {
    header,
    read: async (progress) => {
      const buffer = allocateVoxels(voxelContent, bytes, volume * channels, budget);
      const { interleaved, swap, axes } = layout;
      const sink =
        axes === undefined
          ? voxelSink(buffer, { dtype, components: interleaved, volume }, swap)
          : axisSink(buffer, dtype, axes, swap);
      await pump(voxelContent, 0, bytes, progress, sink.write, warn);
      sink.finish();
      const data = new dtypes[dtype].array(buffer, 0, volume * channels);
      return { voxels: { dtype, data, channels, rescale }, warnings: warnings() };
    },
    verify: async (progress) => {
      checkBudget(voxelContent, bytes, budget);
      await pump(voxelContent, 0, bytes, progress, () => {}, warn);
      return warnings();
    },
    close: () => voxelContent.close(),
  };
};
