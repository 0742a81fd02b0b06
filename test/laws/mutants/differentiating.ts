/** Mutants for the laws of gradients. */
import { affineOf, type Tangents } from "../../../compiler/language/affine.ts";
import { warp } from "../../../compiler/language/field.ts";
import { constant, replaceLeaves, type Scalar, unary } from "../../../compiler/language/scalar.ts";
import { add, scale9, vector } from "../../../compiler/language/vector.ts";
import { storedAs, type Voxels } from "../../../compiler/language/voxels.ts";
import type { Gather, GradientPlan, Scatter } from "../../../compiler/plan.ts";
import { reals } from "../../../laws/compare.ts";
import { changed, instead, type Mutants, misderived, rewriting, rewritten, transposes } from "./mutant.ts";

/** The gradients of voxels among results. */
const images = (results: readonly Voxels[], change: (voxels: Voxels) => Voxels): readonly Voxels[] =>
  results.map(change);

const everywhereInside = (body: Scalar): Scalar =>
  replaceLeaves(body, (leaf) => (leaf.kind === "inside" ? constant(1) : undefined));

const throughClips = misderived("what was cut off is given a gradient", {
  plan: transposes((pass) => ({ ...pass, body: everywhereInside(pass.body) })),
});

const throughClamps = misderived("values that are held at a limit have a gradient", {
  plan: transposes((pass) => ({
    ...pass,
    body: rewriting(pass.body, (s) => (s.operator === "less" ? constant(0) : undefined)),
  })),
});

const mirroredEnds = (pass: Gather | Scatter): Gather | Scatter =>
  pass.reason.includes("mirrored ends") ? { ...pass, body: everywhereInside(pass.body) } : pass;

/** Sums in which the slope of a tap is what `of` says. */
const slopes =
  (of: (slope: Scalar) => Scalar) =>
  (plan: GradientPlan): GradientPlan => ({
    ...plan,
    passes: plan.passes.map((pass) =>
      pass.kind === "reduce"
        ? {
            ...pass,
            totals: pass.totals.map((total) => ({
              ...total,
              body: replaceLeaves(total.body, (leaf) => (leaf.kind === "slope" ? of(leaf) : undefined)),
            })),
          }
        : pass,
    ),
  });

const inRadians = (tangents: Tangents): Tangents =>
  new Map(
    [...tangents].map(([name, { linear, offset }]) => {
      const by = 180 / Math.PI;
      return [name, { linear: scale9(linear, by), offset: vector((k) => offset[k] * by) }];
    }),
  );

export const differentiating: Pick<
  Mutants,
  | "adjointIsTranspose"
  | "cotangentsAddUp"
  | "productsChain"
  | "voxelGradientsAreSlopes"
  | "parameterGradientsAreSlopes"
  | "constantsHaveNoGradient"
  | "exactGradientsCount"
  | "gradientsIgnoreThreads"
> = {
  adjointIsTranspose: [
    misderived("what lies beyond the edge is given to the edge, whatever the boundary", {
      plan: transposes((pass) =>
        pass.kind === "scatter" ? { ...pass, through: { ...pass.through, boundary: "clamp" } } : pass,
      ),
    }),
    misderived("the prefilter is its own transpose at mirrored ends", { plan: transposes(mirroredEnds) }),
    throughClips,
    misderived("the slope of a rescale is forgotten", {
      results: (results, { inputs }) =>
        images(results, (voxels) => rewritten(voxels, (i) => Number(voxels.data[i]) * (inputs[0]?.rescale.slope ?? 1))),
    }),
    misderived("only one channel is given a gradient", {
      results: (results) =>
        images(results, (voxels) =>
          rewritten(voxels, (i) => (i < voxels.data.length / voxels.channels ? voxels.data[i] : 0)),
        ),
    }),
  ],
  cotangentsAddUp: [
    misderived("large gradients are clipped", {
      results: (results) =>
        images(results, (voxels) => rewritten(voxels, (i) => Math.max(-1, Math.min(1, Number(voxels.data[i]))))),
    }),
    misderived("gradients are brought to length 1", {
      results: (results) =>
        images(results, (voxels) => {
          const length = Math.hypot(...reals(voxels));
          return rewritten(voxels, (i) => Number(voxels.data[i]) / (length || 1));
        }),
    }),
  ],
  productsChain: [
    misderived("gradients of volumes in between are kept as float32", {
      plan: (plan) => {
        const transposed = new Set(
          plan.passes
            .filter((pass) => "reason" in pass && pass.reason.startsWith("the transpose"))
            .map((p) => p.output),
        );
        return {
          ...plan,
          buffers: plan.buffers.map((buffer, k) =>
            transposed.has(k) && buffer.storage === "working" ? { ...buffer, storage: storedAs("float32") } : buffer,
          ),
        };
      },
    }),
    misderived("only what was given last is handed on", {
      plan: (plan) => {
        const last = plan.passes.findLastIndex((pass) => "reason" in pass && pass.reason.startsWith("the transpose"));
        return transposes((pass) => (pass === plan.passes[last] ? pass : { ...pass, body: constant(0) }))(plan);
      },
    }),
  ],
  voxelGradientsAreSlopes: [
    throughClamps,
    misderived("an image that is looked at twice is given one of its gradients", {
      plan: (plan) => ({
        ...plan,
        passes: plan.passes.map((pass) =>
          pass.kind === "gather" && pass.reason === "the sum of gradients"
            ? {
                ...pass,
                body: replaceLeaves(pass.body, (leaf) =>
                  leaf.kind === "tap" && leaf.index > 0 ? constant(0) : undefined,
                ),
              }
            : pass,
        ),
      }),
    }),
    misderived("a quotient's denominator is taken for a constant", {
      plan: transposes((pass) => ({
        ...pass,
        body: rewriting(pass.body, (s) =>
          s.operator === "add" && s.b.kind === "unary" && s.b.operator === "neg" ? s.a : undefined,
        ),
      })),
    }),
  ],
  parameterGradientsAreSlopes: [
    misderived("slopes have the other sign", { plan: slopes((slope) => unary("neg", slope)) }),
    misderived("slopes along z are forgotten", {
      plan: slopes((slope) => (slope.kind === "slope" && slope.axis === 2 ? constant(0) : slope)),
    }),
    instead("angles are taken for radians", "rotate", (step) =>
      changed(step, ({ field }) =>
        field.kind === "warp"
          ? {
              field: warp(
                field.field,
                affineOf(field.pull.linear, field.pull.offset, inRadians(field.pull.tangents ?? new Map())),
              ),
            }
          : {},
      ),
    ),
    instead("a grid is taken to stand still when it is translated", "translate", (step) =>
      changed(step, ({ grid: { tangents: _, ...still } }) => ({ grid: still })),
    ),
  ],
  constantsHaveNoGradient: [
    throughClamps,
    misderived("gradients are kept away from 0", {
      results: (results) => images(results, (voxels) => rewritten(voxels, (i) => Number(voxels.data[i]) + 1e-30)),
    }),
  ],
  exactGradientsCount: [
    throughClips,
    misderived("a transposed copy is one voxel off", {
      plan: transposes((pass) => ({
        ...pass,
        regions: pass.regions.map((region) => ({
          ...region,
          pull: affineOf(region.pull.linear, add(region.pull.offset, [1, 0, 0])),
        })),
      })),
    }),
  ],
  gradientsIgnoreThreads: [
    misderived("each thread has a sum of its own, and rounds it", {
      results: (results, _, { threads = 1 }) =>
        results.map((voxels) =>
          rewritten(voxels, (i) => Number(voxels.data[i]) * (1 + (threads - 1) * Number.EPSILON)),
        ),
    }),
  ],
};
