/**
 * A network learns to find the brain in MR images, from four heads that all lie straight and come from one scanner.
 * Then it is asked about heads that lie as they like, from scanners of other contrast. Trained on the images as they
 * are it is lost there; trained on what random pipelines make of the same four, it is not.
 *
 *   npx tsx examples/segmentation.ts [steps]
 */
import * as tf from "@tensorflow/tfjs-core";
// TensorFlow.js brings its gradients along with its layers.
import "@tensorflow/tfjs-layers";
import "@tensorflow/tfjs-backend-cpu";
import {
  evaluate,
  labelImage,
  type MedImage,
  type Operation,
  phantom,
  phantomLabels,
  pipe,
  resampleToImage,
  rescale,
  type Source,
  scale,
} from "medimages";
import {
  augment,
  randomAffine,
  randomContrast,
  randomGamma,
  randomShift,
  type Seed,
  sequence,
} from "medimages/augment";
import { type Batch, collate, datasetOf, loader, toTensorFlow } from "medimages/train";

interface Head {
  readonly mr: Source<"intensity">;
  readonly brain: Source<"label">;
}

/** Voxels along an edge of what the network sees; its answer has half as many. */
const edge = 16;
const tissues = ["cerebrospinal fluid", "grey matter", "white matter", "deep grey matter", "ventricles", "cerebellum"];
const inBrain = phantomLabels.map((name) => tissues.includes(name));

/** A head as a scanner gives it, values of about 0 to 1, and where its brain is, coarsely. Seeds differ in the noise. */
const head = async (seed: number): Promise<{ mr: MedImage<"intensity">; brain: MedImage<"label"> }> => {
  const mr = phantom({ kind: "mr", size: [edge, edge, edge], seed });
  const labels = phantom({ kind: "labels", size: [2 * edge, 2 * edge, 2 * edge] });
  const coarse = scale(0.5)(mr).grid;
  const { voxels, grid } = await evaluate(resampleToImage(coarse, { interpolation: "nearest" })(labels));
  const data = Uint8Array.from(voxels.data as Uint8Array, (label) => (inBrain[label] ? 1 : 0));
  return { mr: await evaluate(rescale(1 / 900, 0)(mr)), brain: labelImage({ grid, voxels: { ...voxels, data } }) };
};

// Image and label move together, because they draw from one seed; only the image changes its values.
const movement = augment(randomAffine({ rotate: [-60, 60], scale: [0.8, 1.25], translate: [-15, 15] }));
const contrast = augment(
  sequence(randomGamma({ exponent: [0.4, 2.5] }), randomContrast({ factor: [0.5, 1.5] }), randomShift([-0.3, 0.3])),
);
const otherwise =
  (seed: Seed) =>
  (known: Head): Head => {
    const move: Operation = movement(seed);
    return { mr: pipe(known.mr, move, contrast(seed)), brain: move(known.brain) };
  };

/** Three convolutions, of which the first steps over every other voxel. */
const network = () => {
  const kernel = (inputs: number, outputs: number, seed: number): tf.Variable =>
    tf.variable(tf.randomNormal([3, 3, 3, inputs, outputs], 0, Math.sqrt(2 / (27 * inputs)), "float32", seed));
  const layers = [kernel(1, 12, 1), kernel(12, 12, 2), kernel(12, 1, 3)].map((weights) => ({
    weights,
    bias: tf.variable(tf.zeros([weights.shape[4] as number])),
  }));
  return (x: tf.Tensor): tf.Tensor5D =>
    layers.reduce<tf.Tensor5D>((h, { weights, bias }, k) => {
      const made = tf.add<tf.Tensor5D>(tf.conv3d(h, weights as tf.Tensor5D, k === 0 ? 2 : 1, "same"), bias);
      return k === layers.length - 1 ? made : tf.relu(made);
    }, x as tf.Tensor5D);
};
type Network = ReturnType<typeof network>;

const tensorsOf = ({ samples }: Batch<Head>) => {
  const tensor = (images: readonly MedImage[]): tf.Tensor => toTensorFlow(collate(images, { layout: "NDHWC" }), tf);
  return { x: tensor(samples.map(({ mr }) => mr)), y: tensor(samples.map(({ brain }) => brain)) };
};

/** Twice what two masks share, by what they hold together: 1 where they are one and the same. */
const dice = (p: tf.Tensor, y: tf.Tensor): tf.Scalar =>
  tf.div(tf.mul(2, tf.sum(tf.mul(p, y))), tf.add(tf.add(tf.sum(p), tf.sum(y)), 1e-6));

const train = async (heads: readonly Head[], steps: number, augmentation?: (seed: Seed) => (known: Head) => Head) => {
  const found = network();
  const optimizer = tf.train.adam(0.02);
  const batches = loader({
    dataset: datasetOf(heads, (known) => known),
    batchSize: 4,
    shuffle: 7,
    epochs: steps,
    ...(augmentation && { augment: augmentation }),
  });
  for await (const batch of batches) {
    const { x, y } = tensorsOf(batch);
    optimizer.minimize(() => {
      const z = found(x);
      return tf.add<tf.Scalar>(tf.losses.sigmoidCrossEntropy(y, z), tf.sub(1, dice(tf.sigmoid(z), y)));
    });
    tf.dispose([x, y]);
    batch[Symbol.dispose]();
  }
  return found;
};

/** The mean Dice of a network on heads that it has not seen, one by one. */
const judge = async (found: Network, heads: readonly Head[], seed: number): Promise<number> => {
  const dataset = datasetOf(heads, (known) => known);
  const scores: number[] = [];
  for await (const batch of loader({ dataset, batchSize: 1, seed, augment: otherwise, epochs: 2 })) {
    const score = tf.tidy(() => {
      const { x, y } = tensorsOf(batch);
      return dice(tf.cast(tf.greater(found(x), 0), "float32"), y).dataSync()[0] as number;
    });
    scores.push(score);
    batch[Symbol.dispose]();
  }
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
};

await tf.setBackend("cpu");
const steps = Number(process.argv[2] ?? 100);
const [known, unknown] = [
  await Promise.all([1, 2, 3, 4].map(head)),
  await Promise.all([11, 12, 13, 14, 15, 16].map(head)),
];
for (const [name, augmentation] of [
  ["as they are", undefined],
  ["augmented", otherwise],
] as const) {
  const start = performance.now();
  const found = await train(known, steps, augmentation);
  const score = await judge(found, unknown, 1000);
  console.log(
    `trained on four heads ${name}: Dice ${score.toFixed(3)} on others (${((performance.now() - start) / 1000).toFixed(0)} s)`,
  );
}
