/**
 * Values by their rank, from 0 to 1. Mutual information asks how well one image tells the other, and no rising map of
 * values changes that; but its histogram has bins of equal width, which a few bright voxels, such as metal in CT or a
 * tumour in PET, would leave nearly empty. By ranks every bin is filled alike.
 */
import { intensityImage, type MedImage } from "../image.ts";

/** Ranks are told apart to this many steps between the lowest and the highest value. */
const steps = 65536;

/** The image with the share of voxels below each voxel's value, ties counting half; what is not finite stays. */
export const byRank = (image: MedImage<"intensity">): MedImage<"intensity"> => {
  const { data, rescale, channels } = image.voxels;
  const value = (i: number): number => rescale.slope * Number(data[i]) + rescale.intercept;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < data.length; i++) {
    const v = value(i);
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (!(high > low)) return image;
  const step = (v: number): number => Math.round(((v - low) / (high - low)) * (steps - 1));
  const counts = new Float64Array(steps);
  let all = 0;
  for (let i = 0; i < data.length; i++) {
    const v = value(i);
    if (!Number.isFinite(v)) continue;
    const k = step(v);
    counts[k] = (counts[k] ?? 0) + 1;
    all++;
  }
  let below = 0;
  const ranks = counts.map((count) => {
    const rank = (below + count / 2) / all;
    below += count;
    return rank;
  });
  const ranked = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const v = value(i);
    ranked[i] = Number.isFinite(v) ? (ranks[step(v)] ?? 0) : v;
  }
  return intensityImage({
    ...image,
    voxels: { data: ranked, dtype: "float32", rescale: { slope: 1, intercept: 0 }, channels },
  });
};
