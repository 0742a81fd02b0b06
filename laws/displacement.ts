/** Laws of displacements that need no image of known content: nothing moves nothing, and one vector everywhere moves all alike. */

import { voxelCount } from "../compiler/language/grid.ts";
import { identity3, type Vector3, vector } from "../compiler/language/vector.ts";
import { imageFromArray, type MedImage } from "../src/image.ts";
import { controlGrid } from "../src/ops/displace.ts";
import type { DisplaceStep, SamplingOptions, Step } from "../src/step.ts";
import { closeVoxels, magnitude, sameLattice } from "./compare.ts";
import { chain, type Subject } from "./subject.ts";
import { every, type Verdict } from "./verdict.ts";

/** The displacement by one vector at all voxels of an image, said by vectors or by control points. */
const everywhere = ({ grid }: MedImage, by: DisplaceStep["by"], mm: Vector3, sampling: SamplingOptions): Step => {
  const at = by === "vectors" ? grid : controlGrid(grid, 2);
  const count = voxelCount(at);
  const data = Float64Array.from({ length: 3 * count }, (_, k) => mm[Math.floor(k / count)] ?? 0);
  return { op: "displace", by, vectors: imageFromArray(data, at, { channels: 3 }), ...sampling };
};

/** Displacing by nothing is looking where one is, as resampling onto the image's own grid is. */
export const zeroDisplacementIsNothing = async (
  subject: Subject,
  image: MedImage,
  by: DisplaceStep["by"],
  sampling: SamplingOptions,
): Promise<Verdict> => {
  const displaced = await subject.evaluate(chain(subject, [everywhere(image, by, [0, 0, 0], sampling)])(image));
  const { size, spacing, origin, direction } = image.grid;
  const onto: Step = { op: "resampleToImage", grid: { size, spacing, origin, direction }, ...sampling };
  const resampled = await subject.evaluate(chain(subject, [onto])(image));
  return every(
    () => sameLattice(displaced.grid, image.grid),
    () => closeVoxels(displaced.voxels, resampled.voxels, subject.tolerance * magnitude(image)),
  );
};

/** Looking a vector further at every point is moving the content back by it. For fills without a jump, as `rotationsAdd`. */
export const constantDisplacementTranslates = async (
  subject: Subject,
  image: MedImage,
  by: DisplaceStep["by"],
  mm: Vector3,
  sampling: SamplingOptions,
): Promise<Verdict> => {
  const displaced = await subject.evaluate(chain(subject, [everywhere(image, by, mm, sampling)])(image));
  const back: Step = { op: "transform", matrix: identity3, offset: vector((k) => 0 - mm[k]), ...sampling };
  const moved = await subject.evaluate(chain(subject, [back])(image));
  return every(
    () => sameLattice(displaced.grid, moved.grid),
    () => closeVoxels(displaced.voxels, moved.voxels, 2 * subject.tolerance * magnitude(image)),
  );
};
