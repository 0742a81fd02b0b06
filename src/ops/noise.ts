/** Noise that each voxel draws by itself, in the kernel: the same whatever threads, tiles or backend compute it. */
import { mapFields } from "../../compiler/language/field.ts";
import { numberOf, type Real, scalarOf } from "../../compiler/language/real.ts";
import { binary, constant, random, type Scalar, select, unary } from "../../compiler/language/scalar.ts";
import { storedAs } from "../../compiler/language/voxels.ts";
import type { IntensityOperation } from "../expression.ts";
import type { NoiseDistribution, NoiseStep } from "../step.ts";
import { operation } from "./apply.ts";
import { finite, oneOf, real, stepCodec } from "./codecs.ts";
import { value } from "./intensity.ts";
import { type OperationDefinition, refuse } from "./operation.ts";

const add = (a: Scalar, b: Scalar): Scalar => binary("add", a, b);
const subtract = (a: Scalar, b: Scalar): Scalar => binary("sub", a, b);
const times = (a: Scalar, b: Scalar): Scalar => binary("mul", a, b);
/** Σ cₖ xᵏ, by Horner's rule; the coefficients begin with the highest. */
const polynomial = (x: Scalar, [first = 0, ...rest]: readonly number[]): Scalar =>
  rest.reduce<Scalar>((sum, c) => add(times(sum, x), constant(c)), constant(first));

/**
 * The number of which a standard normal variable is smaller with probability u: the rational functions of PPND7,
 * M. J. Wichura, "Algorithm AS 241", Applied Statistics 37(3), 1988, good to 10⁻⁷. Its second tail is left out, for no
 * random number of the language is nearer to 0 or 1 than 2⁻²⁴.
 */
export const normalQuantile = (u: Scalar): Scalar => {
  const q = subtract(u, constant(0.5));
  const near = subtract(constant(0.180625), times(q, q));
  const middle = {
    above: times(q, polynomial(near, [59.10937472, 159.29113202, 50.434271938, 3.3871327179])),
    below: polynomial(near, [67.1875636, 78.757757664, 17.895169469, 1]),
  };
  const share = binary("min", u, subtract(constant(1), u));
  const far = subtract(unary("sqrt", unary("neg", unary("log", share))), constant(1.6));
  const size = polynomial(far, [0.17023821103, 1.3067284816, 2.75681539, 1.4234372777]);
  const tail = {
    above: select(binary("less", q, constant(0)), unary("neg", size), size),
    below: polynomial(far, [0.12021132975, 0.7370016425, 1]),
  };
  const isMiddle = binary("less", unary("abs", q), constant(0.425));
  const either = (part: "above" | "below"): Scalar => select(isMiddle, middle[part], tail[part]);
  return binary("div", either("above"), either("below"));
};

/** What a voxel becomes, given its standard deviation and seed. */
const bodies: Readonly<Record<NoiseDistribution, (deviation: Scalar, seed: number) => Scalar>> = {
  gaussian: (deviation, seed) => add(value, times(deviation, normalQuantile(random(seed)))),
  rician: (deviation, seed) => {
    const [along, across] = [0, 1].map((stream) => times(deviation, normalQuantile(random(seed, stream))));
    if (along === undefined || across === undefined) return value;
    const real = add(value, along);
    return unary("sqrt", add(times(real, real), times(across, across)));
  },
};

export const noiseDefinition: OperationDefinition<"noise"> = {
  op: "noise",
  codec: /* @__PURE__ */ stepCodec<NoiseStep>(
    "noise",
    {
      distribution: oneOf<NoiseDistribution>("one of gaussian, rician", ["gaussian", "rician"]),
      deviation: real,
      seed: finite,
    },
    {},
  ),
  apply: ({ kind, field }, { distribution, deviation, seed }) => {
    if (kind === "label") return refuse("class numbers are not intensities", "load the image as intensities");
    if (!(numberOf(deviation) >= 0))
      return refuse(`the standard deviation ${numberOf(deviation)} is negative`, "give 0 or more");
    return { field: mapFields(bodies[distribution](scalarOf(deviation), seed), [field]), storage: storedAs("float32") };
  },
};

export interface NoiseOptions {
  /** `gaussian` unless said. */
  readonly distribution?: NoiseDistribution;
  /** In the image's own real units. */
  readonly deviation: Real;
  /** Any finite number; the same seed gives the same noise on a grid of the same size. */
  readonly seed: number;
}

/**
 * Adds noise to each voxel of the grid that the image has here: v + σ n₀, or √((v + σ n₀)² + (σ n₁)²) where it is
 * `rician`, n₀ and n₁ being standard normal numbers that voxels and channels draw independently, by their place in the
 * grid. Operations that move or resample the image afterwards take the noisy voxels along.
 */
export const noise = ({ distribution = "gaussian", deviation, seed }: NoiseOptions): IntensityOperation =>
  operation(noiseDefinition, { op: "noise", distribution, deviation, seed });
