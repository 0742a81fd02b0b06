/** Random fields that are smooth: B-splines whose control points are drawn, to bend the content or to brighten it. */
import { pipe } from "fp-ts/lib/function.js";
import { fail } from "../../compiler/errors.ts";
import type { Grid } from "../../compiler/language/grid.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { type IntensityOperation, type Operation, toExpression } from "../expression.ts";
import { imageFromArray, type MedImage } from "../image.ts";
import { biasField } from "../ops/bias.ts";
import { controlGrid, displaceBySpline } from "../ops/displace.ts";
import type { SamplingOptions } from "../step.ts";
import { type Amount, type Amounts, sampled, sampledVector } from "./amount.ts";
import { uniform } from "./distributions.ts";
import { map, named, type Sampler, struct } from "./sampler.ts";

/** As many draws of one sampler, one after the other from one stream. */
const drawsOf =
  (sampler: Sampler<number>, count: number): Sampler<Float32Array<ArrayBuffer>> =>
  (stream) => {
    let rest = stream;
    const values = Float32Array.from({ length: count }, () => {
      const [value, after] = sampler(rest);
      rest = after;
      return value;
    });
    return [values, rest];
  };

const cellsOf = (mesh: number | Vector3): Vector3 => {
  const cells: Vector3 = typeof mesh === "number" ? [mesh, mesh, mesh] : mesh;
  return cells.every((n) => Number.isInteger(n) && n > 0)
    ? cells
    : fail({ kind: "InvalidDocument", errors: [`a mesh of ${cells.join("×")} is not of whole numbers from 1`] });
};
/** Control points of a mesh: three more than cells along each axis. */
const pointsOf = ([x, y, z]: Vector3): number => (x + 3) * (y + 3) * (z + 3);

const imageOver = (grid: Grid, cells: Vector3, values: Float32Array, channels: number): MedImage<"intensity"> => {
  const lattice = controlGrid(grid, cells);
  return imageFromArray(values, lattice, { channels });
};

export interface RandomElasticOptions {
  /**
   * The largest displacement of a control point in mm along the world's axes, drawn for all of them or for each axis;
   * each point is then drawn from minus that to that. Below 0.4 times the distance of control points nothing folds.
   */
  readonly displacement: Amounts;
  /** Cells of the mesh of control points along each axis of the image, 4 unless said. */
  readonly mesh?: number | Vector3;
}

/** A deformation by a B-spline of random control points over the image: see `displaceBySpline`. */
export function randomElastic(of: RandomElasticOptions, options?: SamplingOptions<"nearest">): Sampler<Operation>;
export function randomElastic(of: RandomElasticOptions, options: SamplingOptions): Sampler<IntensityOperation>;
export function randomElastic(
  { displacement, mesh = 4 }: RandomElasticOptions,
  options: SamplingOptions = {},
): Sampler<IntensityOperation> {
  const cells = cellsOf(mesh);
  const count = pointsOf(cells);
  return pipe(
    struct({
      largest: sampledVector(displacement, "the displacement"),
      shares: drawsOf(uniform(-1, 1), 3 * count),
    }),
    map(({ largest, shares }): IntensityOperation => {
      const values = shares.map((share, k) => share * (largest[Math.floor(k / count)] ?? 0));
      return (source) => displaceBySpline(imageOver(toExpression(source).grid, cells, values, 3), options)(source);
    }),
    named("elastic"),
  );
}

export interface RandomBiasOptions {
  /**
   * How strong: each control point of the logarithm is drawn from minus that to that, so values are multiplied by
   * between e^−strength and e^strength.
   */
  readonly strength: Amount;
  /** Cells of the mesh of control points along each axis of the image, 1 unless said: about a polynomial of the third degree. */
  readonly mesh?: number | Vector3;
}

/** A bias field, as coils of MR scanners cause it: see `biasField`. Labels stay as they are. */
export const randomBias = ({ strength, mesh = 1 }: RandomBiasOptions): Sampler<IntensityOperation> => {
  const cells = cellsOf(mesh);
  return pipe(
    struct({ strength: sampled(strength, "the strength"), shares: drawsOf(uniform(-1, 1), pointsOf(cells)) }),
    map(({ strength: strong, shares }): IntensityOperation => {
      const values = shares.map((share) => share * strong);
      return (source) => biasField(imageOver(toExpression(source).grid, cells, values, 1))(source);
    }),
    named("bias"),
  );
};
