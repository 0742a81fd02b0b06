/** Which gathers are windows, and what counts for how much in them. */
import { expect, test } from "vitest";
import { identity, translation } from "../../compiler/language/affine.ts";
import {
  binary,
  constant,
  inside,
  parameter,
  type Scalar,
  select,
  tap,
  unary,
} from "../../compiler/language/scalar.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import type { Gather, Tap } from "../../compiler/plan.ts";
import { isDense, windowOf } from "../../compiler/window.ts";

const at = (offset: Vector3, change: Partial<Tap> = {}): Tap => ({
  source: 0,
  pull: offset.every((e) => e === 0) ? identity() : translation(offset),
  by: "nearest",
  boundary: "reflect",
  class: "copy",
  ...change,
});
const alongY = [-1, 0, 1].map((d) => at([0, d, 0]));
const gather = (taps: readonly Tap[], body: Scalar, change: Partial<Gather> = {}): Gather => ({
  kind: "gather",
  output: 1,
  taps,
  regions: [],
  body,
  reason: "test",
  ...change,
});
const sum = (...parts: readonly Scalar[]): Scalar => parts.reduce((all, part) => binary("add", all, part));
const times = (a: Scalar, by: number): Scalar => binary("mul", a, constant(by));
const weighed = (...weights: readonly number[]): Scalar => sum(...weights.map((weight, k) => times(tap(k), weight)));

test("a sum of neighbours along one axis, each with its weight, is a window", () => {
  const window = windowOf(gather(alongY, weighed(0.25, 0.5, 0.25)));
  expect(window).toEqual({ source: 0, axis: 1, boundary: "reflect", weights: [0.5, 0.25], zero: 0, offset: 0 });
});

test("however it is written: pairs added first, differences, stored numbers brought to real ones", () => {
  const real = (k: number): Scalar => binary("add", times(tap(k), 2), constant(-1024));
  const body = sum(
    binary("mul", constant(0.25), sum(real(0), real(2))),
    binary("sub", times(real(1), 0.75), times(real(1), 0.25)),
  );
  expect(windowOf(gather(alongY, body))).toMatchObject({ axis: 1, weights: [1, 0.5], zero: 512, offset: 0 });
});

test("what is added to the sum, and not to each sample, is its offset", () => {
  const real = (k: number): Scalar => binary("sub", times(tap(k), 2), constant(8));
  const outer = (body: Scalar): Scalar => binary("add", times(body, 3), constant(7));
  expect(windowOf(gather(alongY, outer(sum(real(0), real(1), real(2)))))).toMatchObject({
    weights: [6, 6],
    zero: 4,
    offset: 7,
  });
  // Samples that stand for different numbers have no zero in common.
  expect(windowOf(gather(alongY, outer(sum(real(0), times(tap(1), 2), real(2)))))).toMatchObject({
    weights: [6, 6],
    zero: 0,
    offset: -41,
  });
});

test("one that leaves samples out is no dense one", () => {
  const dense = gather(alongY, weighed(1, 3, 1));
  const apart = gather([at([-2, 0, 0]), at([0, 0, 0]), at([2, 0, 0])], weighed(1, 3, 1));
  expect(isDense(windowOf(dense)!, dense)).toBe(true);
  expect(windowOf(apart)).toMatchObject({ weights: [3, 0, 1] });
  expect(isDense(windowOf(apart)!, apart)).toBe(false);
});

const turned = at([0, 1, 0]);
test.each<readonly [string, Gather]>([
  ["weights that differ from side to side", gather(alongY, weighed(1, 3, 2))],
  ["neighbours to one side only", gather(alongY.slice(1), weighed(1, 1))],
  [
    "neighbours along two axes",
    gather([at([-1, 0, 0]), at([0, 1, 0]), at([0, -1, 0]), at([1, 0, 0])], weighed(1, 1, 1, 1)),
  ],
  ["two volumes", gather([at([0, -1, 0]), at([0, 1, 0], { source: 2 })], weighed(1, 1))],
  ["two boundaries", gather([at([0, -1, 0]), at([0, 1, 0], { boundary: "wrap" })], weighed(1, 1))],
  [
    "a volume that is turned",
    gather([{ ...turned, pull: { ...turned.pull, linear: [-1, 0, 0, 0, 1, 0, 0, 0, 1] } }], tap(0)),
  ],
  [
    "parts of voxels",
    gather([at([0, -0.5, 0], { class: "axis-aligned" }), at([0, 0.5, 0], { class: "axis-aligned" })], weighed(1, 1)),
  ],
  ["squares", gather(alongY, sum(...[0, 1, 2].map((k) => binary("mul", tap(k), tap(k)))))],
  ["roots", gather(alongY, sum(...[0, 1, 2].map((k) => unary("sqrt", tap(k)))))],
  ["a parameter as weight", gather(alongY, binary("mul", sum(tap(0), tap(1), tap(2)), parameter("p", 2)))],
  ["a parameter that is added", gather(alongY, sum(weighed(1, 1, 1), parameter("p", 2)))],
  [
    "a region",
    gather(alongY, select(inside(0), weighed(1, 1, 1), constant(0)), {
      regions: [{ pull: identity(), size: [3, 3, 3] }],
    }),
  ],
])("%s: no window", (_, pass) => {
  expect(windowOf(pass)).toBeUndefined();
});
