/** Prints the search for the voxels that give to a sample, and the weights by which they do. */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { Tap } from "../../../compiler/plan.ts";
import { splineBoundary } from "../../../compiler/stencil.ts";
import { nearestHalf } from "../tables.ts";
import { indexRule } from "./tap.ts";
import { capitals, type Writing } from "./writing.ts";

/**
 * The function `weightX`, `weightY` or `weightZ`: with what weight a tap at a coordinate of `shift` more fraction
 * bits reads sample `to` of `n`.
 */
export const printWeight = (
  { by, boundary }: Pick<Tap, "by" | "boundary">,
  axis: Axis,
  n: number,
  shift: number,
  writing: Writing,
): string => {
  const letter = capitals[axis];
  const limit = writing.numbers.set(`samples${letter}`, n, "i32");
  const rule = writing.use(indexRule[by === "bspline" ? splineBoundary[boundary] : boundary]);
  const context: WeightContext = {
    at: (index) => `${rule}(${index}, ${limit})`,
    limit,
    shift: writing.numbers.set(`shift${letter}`, shift),
    half: () => writing.fixed(`half${letter}`, nearestHalf, shift),
    isHeld: boundary === "clamp",
    use: writing.use,
  };
  return [
    `fn weight${letter}(coordinate: Fixed, to: i32) -> f32 {`,
    ...weights[by](context).map((line) => `  ${line}`),
    "}",
  ].join("\n");
};

interface WeightContext {
  /** An index brought back to the samples. */
  readonly at: (index: string) => string;
  readonly limit: string;
  readonly shift: string;
  readonly half: () => string;
  readonly isHeld: boolean;
  readonly use: Writing["use"];
}

const weights: Readonly<Record<Interpolator, (context: WeightContext) => readonly string[]>> = {
  nearest: ({ at, half, shift, use }) => [
    `return select(0.0, 1.0, ${at(`${use("nearest")}(coordinate, ${half()}, ${shift})`)} == to);`,
  ],
  linear: ({ at, shift, use }) => [
    `let near = ${use("split")}(coordinate, ${shift});`,
    `let first = select(0.0, 1.0 - near.part, ${at("near.whole")} == to);`,
    `return first + select(0.0, near.part, ${at("near.whole + 1")} == to);`,
  ],
  bspline: ({ at, limit, isHeld, shift, use }) => {
    const split = `${use("split")}(coordinate, ${shift})`;
    const indices = [" - 1", "", " + 1", " + 2"].map((by) => at(`near.whole${by}`));
    return [
      `let near = ${isHeld ? `${use("held")}(${split}, ${limit})` : split};`,
      `let indices = vec4i(${indices.join(", ")});`,
      `return dot(${use("splineWeights")}(near.part), select(vec4f(0.0), vec4f(1.0), indices == vec4i(to)));`,
    ];
  },
};

/** The numbers that the search takes, all of them float32, besides those of the domain's size. */
export type SearchNumber =
  | `${"pull" | "back"}${"X" | "Y" | "Z"}${"Y" | "Z"}`
  | `${"offset" | "perStep" | "room" | "wide"}${"X" | "Y" | "Z"}`
  | `${"backOffset" | "backRoom"}${"Y" | "Z"}`;

const three = (name: string, after = ""): string =>
  `vec3f(${capitals.map((axis) => `numbers.${name}${axis}${after}`).join(", ")})`;

const span = (axis: "Y" | "Z"): string => {
  const back = three("back", axis);
  const [centre, reach] = [`dot(${back}, middle)`, `dot(abs(${back}), reach)`];
  return `span(${centre} + numbers.backOffset${axis}, ${reach} + numbers.backRoom${axis}, numbers.domain${axis})`;
};

/**
 * The functions of the search, the last of which is `voxel`. `value` is what a voxel of the domain has, at the
 * address `at`. Rows, planes and boxes are summed by themselves, so that no small number is added to a large sum.
 */
export const printSearch = (
  value: readonly string[],
): string => `// The numbers from 0 to n - 1 within \`reach\` of \`centre\`.
fn span(centre: f32, reach: f32, n: i32) -> vec2i {
  let first = ceil(clamp(centre - reach, 0.0, f32(n)));
  let last = floor(clamp(centre + reach, -1.0, f32(n - 1)));
  return vec2i(i32(first), i32(last));
}

// What the voxel at an address has.
fn value(at: u32) -> f32 {
${value.map((line) => `  ${line}`).join("\n")}
}

// What sample \`to\` is given by voxels whose coordinates lie between \`low\` and \`high\`.
fn given(to: vec3i, low: vec3f, high: vec3f, start: u32) -> f32 {
  let middle = 0.5 * (low + high);
  let reach = 0.5 * (high - low);
  let rows = ${span("Y")};
  let planes = ${span("Z")};
  let perStep = ${three("perStep")};
  let room = reach * abs(perStep) + ${three("room")};
  let wide = reach + ${three("wide")};
  let last = f32(numbers.domainX - 1);
  var sum = 0.0;
  for (var z = planes.x; z <= planes.y; z++) {
    let plane = ${three("offset")} + ${three("pull", "Z")} * f32(z);
    var sumOfPlane = 0.0;
    for (var y = rows.x; y <= rows.y; y++) {
      let away = middle - (plane + ${three("pull", "Y")} * f32(y));
      if (any(abs(away) > wide)) { continue; }
      let begin = away * perStep - room;
      let until = away * perStep + room;
      let first = i32(ceil(clamp(max(max(begin.x, begin.y), begin.z), 0.0, last + 1.0)));
      let end = i32(floor(clamp(min(min(until.x, until.y), until.z), -1.0, last)));
      let row = start + u32((z * numbers.domainY + y) * numbers.domainX);
      let atX = add(entry(numbers.coordinateXY + 2u * u32(y)), entry(numbers.coordinateXZ + 2u * u32(z)));
      let atY = add(entry(numbers.coordinateYY + 2u * u32(y)), entry(numbers.coordinateYZ + 2u * u32(z)));
      let atZ = add(entry(numbers.coordinateZY + 2u * u32(y)), entry(numbers.coordinateZZ + 2u * u32(z)));
      var sumOfRow = 0.0;
      for (var x = first; x <= end; x++) {
        var weight = weightX(add(atX, entry(numbers.coordinateXX + 2u * u32(x))), to.x);
        if (weight == 0.0) { continue; }
        weight *= weightY(add(atY, entry(numbers.coordinateYX + 2u * u32(x))), to.y);
        if (weight == 0.0) { continue; }
        weight *= weightZ(add(atZ, entry(numbers.coordinateZX + 2u * u32(x))), to.z);
        // A voxel of weight 0 does not count, not even as NaN.
        if (weight == 0.0) { continue; }
        sumOfRow += weight * value(row + u32(x));
      }
      sumOfPlane += sumOfRow;
    }
    sum += sumOfPlane;
  }
  return sum;
}

// The ends of an interval of coordinates.
fn ends(at: u32) -> vec2f {
  return bitcast<vec2f>(vec2u(tables[at], tables[at + 1u]));
}

fn voxel(x: u32, y: u32, z: u32, channel: u32) -> f32 {
  let start = (channel - numbers.channel) * numbers.voxels0Volume;
  let to = vec3i(vec3u(x, y, z));
  var sum = 0.0;
  for (var c = tables[numbers.slabsZ + z]; c < tables[numbers.slabsZ + z + 1u]; c++) {
    let zs = ends(numbers.endsZ + 2u * c);
    for (var b = tables[numbers.slabsY + y]; b < tables[numbers.slabsY + y + 1u]; b++) {
      let ys = ends(numbers.endsY + 2u * b);
      for (var a = tables[numbers.slabsX + x]; a < tables[numbers.slabsX + x + 1u]; a++) {
        let xs = ends(numbers.endsX + 2u * a);
        sum += given(to, vec3f(xs.x, ys.x, zs.x), vec3f(xs.y, ys.y, zs.y), start);
      }
    }
  }
  return sum;
}`;
