/**
 * The transpose of moving whole voxels is moving them back: where a scatter goes through a copy that stays
 * within the samples, it is a gather by the inverse pull, and exact operations have exact gradients.
 */
import { classify, snapPull } from "./classify.ts";
import { compose, invert, isInvertible, transformPoint } from "./language/affine.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { axes, type Vector3, vector } from "./language/vector.ts";
import type { Buffer, Gather, Look, Region, Scatter } from "./plan.ts";
import { coverage } from "./region.ts";

/** A gather that does the same as a scatter into `output`, where there is one, else the scatter itself. */
export const transposeCopy = (pass: Scatter, output: Buffer): Gather | Scatter => {
  const { through, size, channels, body } = pass;
  // What a body draws it draws by the place in its own domain, and not in that of the samples.
  const isWhole =
    through.class === "copy" && isInvertible(through.pull) && channels === output.channels && !scalar.draws(body);
  if (!isWhole || !staysWithin(pass, output.size)) return pass;
  const back = invert(through.pull);
  // Exact inverses of whole numbers are whole, but for the sign of zero.
  const domain: Region = { pull: snapPull(back, output.size), size };
  const look = seenThrough(pass, domain, output.size);
  return {
    kind: "gather",
    output: pass.output,
    taps: look.taps,
    regions: [...look.regions, domain],
    body: scalar.select(scalar.inside(look.regions.length), body, scalar.constant(0)),
    reason: pass.reason,
  };
};

/** Whether all that is given falls on samples: the rest is 0. */
const staysWithin = ({ through, regions, size, body }: Scatter, source: Vector3): boolean => {
  if (coverage({ pull: through.pull, size: source }, size) === "all") return true;
  const guard = guardOf(body);
  const region = guard === undefined ? undefined : regions[guard];
  return region !== undefined && staysIn(region, through, source);
};

/** The region outside of which a body is 0. */
const guardOf = (body: Scalar): number | undefined => {
  if (body.kind !== "select" || body.condition.kind !== "inside") return undefined;
  const { otherwise } = body;
  return otherwise.kind === "const" && otherwise.value === 0 ? body.condition.region : undefined;
};

/** Regions take in what lies a little beyond them. */
const slack = 1e-6;

/** Whether every voxel of the domain in a region falls on a sample: whole indices, over −1 and under the size. */
const staysIn = (region: Region, { pull }: Scatter["through"], source: Vector3): boolean => {
  if (!isInvertible(region.pull)) return false;
  const across = compose(pull, invert(region.pull));
  return [0, 1, 2, 3, 4, 5, 6, 7].every((bits) => {
    const corner = transformPoint(
      across,
      vector((k) => ((bits >> k) & 1 ? region.size[k] - 0.5 : -0.5)),
    );
    return axes.every((k) => corner[k] > -1 + slack && corner[k] < source[k] - slack);
  });
};

/** What is looked at, from where the domain's indices come from. */
const seenThrough = ({ taps, regions }: Look, { pull: back }: Region, size: Vector3): Look => ({
  taps: taps.map((tap) => {
    const pull = snapPull(compose(tap.pull, back), size);
    return tap.pull.tangents === undefined ? { ...tap, pull, class: classify(pull) } : { ...tap, pull };
  }),
  regions: regions.map((region) => ({ ...region, pull: snapPull(compose(region.pull, back), size) })),
});
