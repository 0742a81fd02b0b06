/**
 * One channel of a field that has several, as a field of one channel: a component of a displacement, the image of one
 * class. Taking it is pushed down to the voxels, where it is a view that copies nothing.
 */
import { clip, displace, type Field, input, interpolateAs, mapFields, sample, type Volume, warp } from "./field.ts";
import { channel, constant, replaceLeaves } from "./scalar.ts";
import { dtypes, type VoxelArray, type Voxels } from "./voxels.ts";

/** How many channels a field has. */
export const channelsOf = (field: Field): number => {
  switch (field.kind) {
    case "interpolate":
      return channelsOfVolume(field.volume);
    case "warp":
    case "clip":
    case "displace":
      return channelsOf(field.field);
    case "map":
      return Math.max(field.channels, ...field.fields.map(channelsOf));
  }
};

/** Windows look at a volume once for each neighbour, one window after the other: each is counted once. */
const counted = new WeakMap<Volume, number>();

export const channelsOfVolume = (volume: Volume): number => {
  if (volume.kind === "input") return volume.voxels.channels;
  const channels = counted.get(volume) ?? channelsOf(volume.field);
  counted.set(volume, channels);
  return channels;
};

/**
 * Channel `k`, from 0; a field of one channel is itself whatever is asked for.
 * @throws RangeError where there is no such channel
 * @throws MedImagesError `UnsupportedVoxels` for voxels that lie on a device
 */
export const channelOf = (field: Field, k: number): Field => {
  const channels = channelsOf(field);
  if (channels === 1) return field;
  if (!Number.isInteger(k) || k < 0 || k >= channels) throw new RangeError(`of ${channels} channels there is no ${k}`);
  switch (field.kind) {
    case "interpolate":
      return interpolateAs(field, channelOfVolume(field.volume, k));
    case "warp":
      return warp(channelOf(field.field, k), field.pull);
    case "clip":
      return clip(channelOf(field.field, k), field.to, field.fill);
    case "displace":
      return displace(channelOf(field.field, k), field.by);
    case "map":
      return mapFields(
        replaceLeaves(field.body, (leaf) => (leaf === channel ? constant(k) : undefined)),
        field.fields.map((f) => channelOf(f, k)),
        1,
        // Statistics are those of all channels.
        field.measures,
      );
  }
};

const channelOfVolume = (volume: Volume, k: number): Volume =>
  volume.kind === "input"
    ? input(channelOfVoxels(volume.voxels, k), volume.grid)
    : sample(channelOf(volume.field, k), volume.grid, volume.storage, volume.reason);

const views = new WeakMap<Voxels, Map<number, Voxels>>();
const whole = new WeakMap<Voxels, { readonly voxels: Voxels; readonly channel: number }>();

/** Channel `k` of voxels, the same object each time. */
export const channelOfVoxels = (voxels: Voxels, k: number): Voxels => {
  if (voxels.channels === 1) return voxels;
  const known = views.get(voxels) ?? new Map<number, Voxels>();
  views.set(voxels, known);
  const view = known.get(k) ?? viewOf(voxels, k);
  known.set(k, view);
  whole.set(view, { voxels, channel: k });
  return view;
};

/** The voxels that these are a channel of, or these themselves. */
export const wholeOf = (voxels: Voxels): { readonly voxels: Voxels; readonly channel: number } =>
  whole.get(voxels) ?? { voxels, channel: 0 };

const viewOf = (voxels: Voxels, k: number): Voxels => {
  const { data, dtype, rescale, channels } = voxels;
  const length = data.length / channels;
  const { array } = dtypes[dtype];
  const view: VoxelArray = new array(data.buffer, data.byteOffset + k * length * array.BYTES_PER_ELEMENT, length);
  return { data: view, dtype, rescale, channels: 1 };
};
