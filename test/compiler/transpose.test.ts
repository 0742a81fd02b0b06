/** Transposes of passes against the transposed matrix, which is found column by column by running the pass on units. */
import { describe, expect, it } from "vitest";
import { reference } from "../../backends/reference/index.ts";
import { classify } from "../../compiler/classify.ts";
import { type Affine, affineOf } from "../../compiler/language/affine.ts";
import { constant, inside, select, tap } from "../../compiler/language/scalar.ts";
import { product, type Vector3, vector } from "../../compiler/language/vector.ts";
import { storedAs, type Voxels, voxelsOf } from "../../compiler/language/voxels.ts";
import type {
  Buffer,
  Gather,
  GradientPass,
  GradientPlan,
  Prefilter,
  PrefilterBoundary,
  Scatter,
} from "../../compiler/plan.ts";
import { transposeCopy } from "../../compiler/transpose-copy.ts";
import { transposePrefilters } from "../../compiler/transpose-prefilter.ts";
import { verifyGradient } from "../../compiler/verify-gradient.ts";
import { stream } from "../../laws/arbitraries/numbers.ts";

const float64 = storedAs("float64");
const volume = (size: Vector3): Buffer => ({ size, channels: 1, storage: float64 });
const noise = (length: number, seed: number): Voxels => {
  const next = stream(seed);
  return voxelsOf(Float64Array.from({ length }, () => next() * 2 - 1));
};

/** What the last of some passes over one input writes. */
const run = async (
  buffers: readonly Buffer[],
  passes: readonly GradientPass[],
  input: Voxels,
): Promise<Float64Array> => {
  const result = passes.at(-1)!.output;
  const plan: GradientPlan = { buffers, inputs: 1, passes, results: [result] };
  const [voxels] = await reference.runGradient({ plan: verifyGradient(plan, "test"), inputs: [input] });
  return voxels!.data as Float64Array;
};

describe("the prefilter", () => {
  const boundaries: readonly PrefilterBoundary[] = ["mirror", "reflect", "wrap"];
  const sizes: readonly Vector3[] = [
    [1, 1, 1],
    [2, 1, 1],
    [3, 1, 1],
    [5, 1, 1],
    [1, 2, 3],
    [3, 2, 5],
  ];
  const cases = boundaries.flatMap((boundary) => sizes.map((size) => [boundary, size] as const));

  it.each(cases)("%s, %j", async (boundary, size) => {
    const along = ([0, 1, 2] as const).filter((axis) => size[axis] > 1);
    // Along an axis of one voxel there is no filter.
    const axes = along.length === 0 ? ([0] as const) : along;
    const chain = axes.map((axis, k): Prefilter => ({ kind: "prefilter", source: k, output: k + 1, axis, boundary }));
    const n = product(size);
    const forward = [volume(size), ...chain.map(() => volume(size))];
    const columns = await Promise.all(
      Array.from({ length: n }, (_, k) =>
        run(forward, chain, voxelsOf(Float64Array.from({ length: n }, (_, i) => (i === k ? 1 : 0)))),
      ),
    );
    const buffers: Buffer[] = [volume(size)];
    const make = (): number => buffers.push(volume(size)) - 1;
    const { passes, giver } = transposePrefilters(chain, size, 0, make);
    const cotangent = noise(n, n);
    const last: Gather = { ...giver, output: make() };
    const found = await run(buffers, [...passes, last], cotangent);
    columns.forEach((column, k) => {
      const due = column.reduce((sum, a, i) => sum + a * Number(cotangent.data[i]), 0);
      expect(Math.abs(found[k]! - due)).toBeLessThan(1e-12);
    });
  });
});

describe("a copy", () => {
  const permutations: readonly Vector3[] = [
    [0, 1, 2],
    [1, 0, 2],
    [0, 2, 1],
    [2, 0, 1],
    [1, 2, 0],
    [2, 1, 0],
  ];
  const next = stream(11);
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));

  /** Pulls of a domain into a source: signed permutations with a shift. */
  const drawn = Array.from({ length: 60 }, (_, k) => {
    const size = vector(() => whole(1, 4));
    const source = vector(() => whole(1, 4));
    const permutation = permutations[k % 6]!;
    const signs = vector(() => (next() < 0.5 ? -1 : 1));
    const linear = [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => (permutation[r] === c ? signs[r]! : 0)));
    const offset = vector((r) => (signs[r] < 0 ? size[permutation[r] as 0]! - 1 : 0) + whole(-1, 1));
    return { size, source, pull: affineOf(linear as never, offset) as Affine<"index", "index"> };
  });

  const scatterOf = (size: Vector3, source: Vector3, pull: Affine<"index", "index">, guarded: boolean): Scatter => ({
    kind: "scatter",
    output: 1,
    size,
    channels: 1,
    taps: [
      {
        source: 0,
        pull: affineOf([1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]),
        by: "nearest",
        boundary: "clamp",
        class: "copy",
      },
    ],
    regions: [{ pull, size: source }],
    body: guarded ? select(inside(0), tap(0), constant(0)) : tap(0),
    through: { pull, by: "nearest", boundary: "clamp", class: classify(pull) },
    reason: "the transpose of a tap",
  });

  it.each(drawn.map((d, k) => [k, d] as const))(
    "clipped to the samples, case %i: a gather that is the scatter",
    async (k, d) => {
      const { size, source, pull } = d;
      const pass = scatterOf(size, source, pull, true);
      const other = transposeCopy(pass, volume(source));
      expect(other.kind).toBe("gather");
      const buffers = [volume(size), volume(source)];
      const input = noise(product(size), k + 1);
      expect(await run(buffers, [other], input)).toEqual(await run(buffers, [pass], input));
    },
  );

  it("where the edge is given what lies beyond it, it stays a scatter", () => {
    const pull = affineOf<"index", "index">([1, 0, 0, 0, 1, 0, 0, 0, 1], [-1, 0, 0]);
    expect(transposeCopy(scatterOf([4, 2, 2], [4, 2, 2], pull, false), volume([4, 2, 2])).kind).toBe("scatter");
    expect(transposeCopy(scatterOf([4, 2, 2], [4, 2, 2], pull, true), volume([4, 2, 2])).kind).toBe("gather");
  });
  it("where it is clipped to coarser voxels that reach beyond the edge, it stays a scatter", async () => {
    const pull = affineOf<"index", "index">([1, 0, 0, 0, 1, 0, 0, 0, 1], [-1, 0, 0]);
    const coarse = affineOf<"index", "index">([1 / 3, 0, 0, 0, 1, 0, 0, 0, 1], [-1 / 3, 0, 0]);
    const pass = {
      ...scatterOf([7, 2, 2], [6, 2, 2], pull, true),
      regions: [{ pull: coarse, size: [2, 2, 2] as const }],
    };
    const other = transposeCopy(pass, volume([6, 2, 2]));
    const buffers = [volume([7, 2, 2]), volume([6, 2, 2])];
    const input = noise(28, 3);
    expect(await run(buffers, [other], input)).toEqual(await run(buffers, [pass], input));
    expect(other.kind).toBe("scatter");
  });
  it("where channels are summed, it stays a scatter", () => {
    const pull = affineOf<"index", "index">([1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]);
    const pass = { ...scatterOf([2, 2, 2], [2, 2, 2], pull, true), channels: 3 };
    expect(transposeCopy(pass, volume([2, 2, 2])).kind).toBe("scatter");
  });
});
