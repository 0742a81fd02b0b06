/** Ways to make an implementation wrong on purpose: an operation replaced, its outcome changed, or its evaluation tampered with. */

import type { RunOptions } from "../../../backends/backend.ts";
import { reference } from "../../../backends/reference/index.ts";
import { translation } from "../../../compiler/language/affine.ts";
import { type Field, interpolate, sample, warp } from "../../../compiler/language/field.ts";
import type { Grid } from "../../../compiler/language/grid.ts";
import { type Binary, binary, type Scalar, select, unary } from "../../../compiler/language/scalar.ts";
import { type Axis, column, type Vector3, vector } from "../../../compiler/language/vector.ts";
import { allocate, type Voxels } from "../../../compiler/language/voxels.ts";
import type { Gather, GradientPlan, GradientProgram, Scatter } from "../../../compiler/plan.ts";
import type { LawName, Subject } from "../../../laws/index.ts";
import { medimages, medimagesOn, performing } from "../../../laws/index.ts";
import type { Expression, Operation } from "../../../src/expression.ts";
import { toExpression } from "../../../src/expression.ts";
import type { Kind, MedImage } from "../../../src/image.ts";
import type { PipelineDocument } from "../../../src/json.ts";
import type { OperationName, Step, StepOf } from "../../../src/step.ts";

/** Some mutants for each law: a law without one does not compile. */
export type Mutants = Readonly<Record<LawName, readonly [Mutant, ...Mutant[]]>>;

export interface Mutant {
  /** What is wrong with it. */
  readonly wrong: string;
  readonly subject: Subject;
}
export const mutant = (wrong: string, subject: Partial<Subject>): Mutant => ({
  wrong,
  subject: { ...medimages, ...subject },
});

/** This library with one operation replaced. */
export const instead = <N extends OperationName>(wrong: string, op: N, by: (step: StepOf<N>) => Operation): Mutant => ({
  wrong,
  subject: performing(medimages, (step) => (isOf(op, step) ? by(step) : undefined)),
});
export const isOf = <N extends OperationName>(op: N, step: Step): step is StepOf<N> & Step => step.op === op;

/** The step as the library performs it, its outcome changed. */
export const changed =
  (step: Step, change: (after: Expression, before: Expression) => Partial<Expression>): Operation =>
  <K extends Kind>(source: MedImage<K> | Expression<K>): Expression<K> => {
    const after = medimages.perform(step)(source);
    return { ...after, ...change(after, toExpression(source)), kind: after.kind };
  };

/** Another step, remembered as this one. */
export const disguised = (step: Step, other: Step): Operation =>
  changed(other, ({ steps }) => ({ steps: [...steps.slice(0, -1), step] }));

/** Evaluation whose voxels are tampered with. */
export const tampered = (wrong: string, change: (voxels: Voxels) => Voxels): Mutant =>
  mutant(wrong, {
    evaluate: async (source) => {
      const image = await medimages.evaluate(source);
      return { ...image, voxels: change(image.voxels) };
    },
  });

export const axisOf = { x: 0, y: 1, z: 2 } as const;
export const letters: ReadonlyMap<string, string> = new Map(
  [..."LRPASI"].map((letter, k, all) => [letter, all[k ^ 1] ?? letter]),
);
export const moved =
  (by: Vector3) =>
  (field: Field): Field =>
    warp(field, translation(by));
export const halfVoxel = (grid: Grid, axis: Axis): Vector3 =>
  vector((w) => 0.5 * grid.spacing[axis] * column(grid.direction, axis)[w]);

/** Shifts the content by half a voxel, as taking n/2 instead of (n − 1)/2 for the centre does. */
export const halfAVoxelOff = (step: Step): Operation =>
  changed(step, ({ field, grid }) => ({ field: moved(halfVoxel(grid, 0))(field) }));

/** A copy of voxels in which element `i` is what `of` says. */
export const rewritten = (voxels: Voxels, of: (i: number) => number | bigint | undefined): Voxels => {
  const data = allocate(voxels.dtype, voxels.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = of(i) ?? 0;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
    else data[i] = Number(value);
  }
  return { ...voxels, data };
};

/** A document without one field of its steps. */
export const without = (document: PipelineDocument, field: string): PipelineDocument => ({
  ...document,
  steps: document.steps.map((step) => Object.fromEntries(Object.entries(step).filter(([key]) => key !== field))),
});

export const materialized = (e: Expression): Field => interpolate(sample(e.field, e.grid, e.storage, "mutant"), null);

/** What may be wrong with gradients: the plans that they are computed by, or what comes of these. */
interface Misderivation {
  readonly plan?: (plan: GradientPlan) => GradientPlan;
  readonly results?: (results: readonly Voxels[], program: GradientProgram, options: RunOptions) => readonly Voxels[];
}

/** This library with gradients that are computed wrongly; values stay as they are. */
export const misderived = (
  wrong: string,
  { plan = (same) => same, results = (same) => same }: Misderivation,
): Mutant => {
  const { valueAndGradient, vjp } = medimagesOn({
    ...reference,
    runGradient: async (program, options = {}) =>
      results(await reference.runGradient({ ...program, plan: plan(program.plan) }, options), program, options),
  });
  return mutant(wrong, { valueAndGradient, vjp });
};

/** A plan whose transposed taps, be they scatters or gathers, are changed. */
export const transposes =
  (change: (pass: Gather | Scatter) => Gather | Scatter) =>
  (plan: GradientPlan): GradientPlan => ({
    ...plan,
    passes: plan.passes.map((pass) =>
      (pass.kind === "gather" || pass.kind === "scatter") && pass.reason.startsWith("the transpose")
        ? change(pass)
        : pass,
    ),
  });

/** A scalar with `of(node)` in place of each node of two operands that it answers for. */
export const rewriting = (body: Scalar, of: (s: Binary) => Scalar | undefined): Scalar => {
  const go = (s: Scalar): Scalar => {
    switch (s.kind) {
      case "unary":
        return unary(s.operator, go(s.a));
      case "binary":
        return of(s) ?? binary(s.operator, go(s.a), go(s.b));
      case "select":
        return select(go(s.condition), go(s.then), go(s.otherwise));
      default:
        return s;
    }
  };
  return go(body);
};
