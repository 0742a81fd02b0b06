/**
 * The printer of bodies: its statements, which but for types are JavaScript as well, give what the bodies are
 * defined to; and selects with one condition look at their samples once.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyStatements, type Leaves } from "../../../backends/webgpu/wgsl/body.ts";
import { binary, constant, inside, type Scalar, select, tap } from "../../../compiler/language/scalar.ts";
import { valueOfScalar } from "../../../compiler/language/scalar-value.ts";

const leaves: Leaves = {
  type: "f32",
  constant: String,
  tap: (index) => `tap(${index})`,
  slope: (index, axis) => `slope(${index}, ${axis})`,
  background: (buffer) => `background(${buffer})`,
  lookup: (_, row, column) => `lookup(${row}, ${column})`,
  random: (leaf) => `random(${leaf.stream})`,
  inside: (region) => `inside(${region})`,
  use: (helper) => helper,
};
const printed = (bodies: readonly Scalar[]): readonly string[] =>
  bodyStatements(bodies, leaves, (values) => [`return [${values.join(", ")}];`]);

/** What the statements return, where `regions` says which regions hold the voxel. */
const computed = (statements: readonly string[], taps: readonly number[], regions: readonly boolean[]): unknown =>
  new Function(
    ...["tap", "inside", "select", "isNotZero"],
    statements
      .join("\n")
      .replaceAll(/let (v\d+) =/g, "const $1 =")
      .replaceAll(/var (v\d+): f32;/g, "let $1;"),
  )(
    (index: number) => taps[index],
    (region: number) => regions[region],
    (otherwise: number, then: number, condition: boolean) => (condition ? then : otherwise),
    (value: number) => value !== 0,
  );

/** The value of a body where `regions` hold the voxel. */
const due = (body: Scalar, taps: readonly number[], regions: readonly boolean[]): number => {
  const go = (s: Scalar): number => {
    switch (s.kind) {
      case "inside":
        return regions[s.region] === true ? 1 : 0;
      case "select":
        return go(s.condition) !== 0 ? go(s.then) : go(s.otherwise);
      case "binary":
        return valueOfScalar(binary(s.operator, tap(0), tap(1)), [go(s.a), go(s.b)]);
      default:
        return valueOfScalar(s, taps);
    }
  };
  return go(body);
};

/** Bodies that share parts: each step combines some of what is there. */
const bodies = fc
  .array(
    fc.record({
      how: fc.constantFrom("add", "mul", "inside", "inside", "select"),
      region: fc.nat(1),
      of: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((steps) => {
    const made: Scalar[] = [tap(0), tap(1), constant(2), constant(0)];
    for (const { how, region, of } of steps) {
      const pick = (k: number): Scalar => made[(of[k] ?? 0) % made.length] ?? constant(1);
      made.push(
        how === "add" || how === "mul"
          ? binary(how, pick(0), pick(1))
          : select(how === "inside" ? inside(region) : pick(2), pick(0), pick(1)),
      );
    }
    return made.slice(-4);
  });

test("statements give what bodies are defined to, wherever a voxel lies", () => {
  fc.assert(
    fc.property(bodies, fc.tuple(fc.boolean(), fc.boolean()), (bodies, regions) => {
      const taps = [1.5, -0.25];
      expect(computed(printed(bodies), taps, regions)).toEqual(bodies.map((body) => due(body, taps, regions)));
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test("selects with one condition share their branches, within others as well", () => {
  const sample = binary("add", binary("mul", tap(0), constant(3)), constant(1));
  const held = (body: Scalar): Scalar => select(inside(0), select(inside(1), body, constant(-1)), constant(0));
  const statements = printed([held(sample), held(binary("mul", sample, tap(1))), binary("mul", tap(2), held(tap(1)))]);
  const count = (text: string): number => statements.filter((line) => line.includes(text)).length;
  expect([count("if (inside(0))"), count("if (inside(1))"), count("tap(0)")]).toEqual([1, 1, 1]);
});
