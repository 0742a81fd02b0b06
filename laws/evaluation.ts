/**
 * Laws of evaluation as such: it leaves its input alone, says the same when asked again, and treats every
 * channel as if it were alone.
 */
import type { VoxelArray } from "../compiler/language/voxels.ts";
import type { MedImage } from "../src/image.ts";
import { sameElements, sameVoxels } from "./compare.ts";
import type { Pipeline, Subject } from "./subject.ts";
import { every, require, type Verdict, within } from "./verdict.ts";

/** One channel of an image, as an image. */
export const channelOf = (image: MedImage<"intensity">, channel: number): MedImage<"intensity"> => {
  const { voxels } = image;
  const count = voxels.data.length / voxels.channels;
  return {
    ...image,
    voxels: { ...voxels, channels: 1, data: voxels.data.slice(channel * count, (channel + 1) * count) },
    channels: { components: "scalar", shape: [] },
  };
};

/** Every channel comes out as it does when it is the only one, bit for bit. */
export const channelsAreAlike = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
): Promise<Verdict> => {
  const together = await subject.evaluate(pipeline(image));
  const { channels } = image.voxels;
  const alone = await Promise.all(
    Array.from({ length: channels }, (_, c) => subject.evaluate(pipeline(channelOf(image, c)))),
  );
  return every(
    require(together.voxels.channels === channels, () => `${channels} channels became ${together.voxels.channels}`),
    ...alone.map(
      ({ voxels }, c) =>
        () =>
          within(`channel ${c}`, sameVoxels(channelOf(together, c).voxels, voxels)),
    ),
  );
};

/** Evaluating leaves the voxels of the input as they were, and gives the same bits when done again. */
export const evaluationIsRepeatable = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
): Promise<Verdict> => {
  const kept: VoxelArray = image.voxels.data.slice();
  const first = await subject.evaluate(pipeline(image));
  const untouched = sameElements(image.voxels, (i) => kept[i]);
  const second = await subject.evaluate(pipeline(image));
  return every(
    () => within("the input was changed", untouched),
    () => within("evaluated again", sameVoxels(second.voxels, first.voxels)),
  );
};
