/**
 * How a field is made of samples: what happens between voxels (the interpolator) and beyond them (the
 * outside). Both together are a sampling; operations fuse as long as their samplings agree.
 */

/** `bspline` is cubic, prefiltered so that it passes through the samples. */
export type Interpolator = "nearest" | "linear" | "bspline";
export const interpolators: readonly Interpolator[] = ["nearest", "linear", "bspline"];

/** Samples that an interpolator reads along each axis. */
export const support: Readonly<Record<Interpolator, 1 | 2 | 4>> = { nearest: 1, linear: 2, bspline: 4 };

/**
 * What lies beyond the extent of the voxels, index [−0.5, n − 0.5):
 * - `constant`: a value in real (rescaled) units;
 * - `background`: the median of the eight corner voxels, of each channel;
 * - `clamp`: the nearest edge voxel;
 * - `reflect`: the image mirrored at its outer edges (… c b a | a b c …);
 * - `wrap`: the image repeated.
 */
export type Outside =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "background" }
  | { readonly kind: "clamp" }
  | { readonly kind: "reflect" }
  | { readonly kind: "wrap" };

/** How indices beyond the voxels are brought back to voxels. */
export type Boundary = "clamp" | "reflect" | "wrap";

export interface Sampling {
  readonly by: Interpolator;
  readonly outside: Outside;
}

/** What a clip puts in place of what it cuts off: a real value, or the background of what it clips. */
export type Fill = number | "background";

export const sameOutside = (a: Outside, b: Outside): boolean =>
  a.kind === b.kind && (a.kind !== "constant" || b.kind !== "constant" || Object.is(a.value, b.value));

export const sameSampling = (a: Sampling, b: Sampling): boolean => a.by === b.by && sameOutside(a.outside, b.outside);

export const showOutside = (outside: Outside): string =>
  outside.kind === "constant" ? String(outside.value) : outside.kind;

export const showSampling = (s: Sampling): string => `${s.by}, ${showOutside(s.outside)} outside`;
