/** Small images in pipeline files: a grid and the values of its voxels, in real units, x fastest and channels slowest. */
import { isRight } from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { gridProblem, voxelCount } from "../../compiler/language/grid.ts";
import { imageFromArray, type MedImage, realValues } from "../image.ts";
import { finite, matrix3, oneOf, vector3 } from "./codecs.ts";

const kept = ["float32", "float64"] as const;

/** An image of so many channels. */
export const imageValues = (channels: number): t.Type<MedImage<"intensity">, unknown> => {
  const document = t.type({
    size: vector3,
    spacing: vector3,
    origin: vector3,
    direction: matrix3,
    dtype: oneOf(`one of ${kept.join(", ")}`, kept),
    values: t.array(finite),
  });
  const is = (u: unknown): u is MedImage<"intensity"> =>
    isRecord(u) && u.type === "image" && u.kind === "intensity" && isRecord(u.voxels) && u.voxels.channels === channels;
  return new t.Type<MedImage<"intensity">, unknown>(
    channels === 1
      ? "an image of one channel, or a grid with a value for each voxel"
      : `an image of ${channels} channels, or a grid with ${channels} values for each voxel`,
    is,
    (u, context) => {
      if (is(u)) return t.success(u);
      const read = document.decode(u);
      if (!isRight(read)) return t.failure(u, context);
      const { values, dtype, ...grid } = read.right;
      if (gridProblem(grid) !== undefined || values.length !== channels * voxelCount(grid))
        return t.failure(u, context);
      const data = dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
      return t.success(imageFromArray(data, grid, { channels }));
    },
    (image) => {
      const { size, spacing, origin, direction } = image.grid;
      const dtype = image.voxels.dtype === "float32" ? "float32" : "float64";
      return { size, spacing, origin, direction, dtype, values: Array.from(realValues(image)) };
    },
  );
};

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === "object" && u !== null;
