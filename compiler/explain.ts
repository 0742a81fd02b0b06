/** A plan as text for people: how many passes, where each sample comes from, and why each pass exists. */
import type { Affine } from "./language/affine.ts";
import { showScalar } from "./language/scalar.ts";
import { at, axes, norm, subtract } from "./language/vector.ts";
import { isIdentityRescale } from "./language/voxels.ts";
import { type Aim, type Buffer, type Gather, isShift, type Pass, type Plan, type Tap } from "./plan.ts";

export interface PassCounts {
  readonly resampling: number;
  /** Prefilter passes read and write a whole volume too, but look at no field: they are counted apart. */
  readonly prefilter: number;
  /** Passes for the components of displacements, by which the others look. */
  readonly displacement: number;
}

/** A look that is displaced is part of the pass that uses it. */
export const countPasses = ({ passes }: Plan): PassCounts => {
  const components = new Set(passes.flatMap((pass) => ("aim" in pass ? pass.aim.displacement : [])));
  const gathers = passes.filter((pass) => pass.kind === "gather");
  const displacement = gathers.filter(({ output }) => components.has(output)).length;
  return {
    resampling: gathers.length - displacement,
    prefilter: passes.filter((pass) => pass.kind === "prefilter").length,
    displacement,
  };
};

export const explainPlan = (plan: Plan): string => {
  const { resampling, prefilter, displacement } = countPasses(plan);
  const extra = [
    prefilter === 0 ? "" : `, after ${prefilter} B-spline prefilter${prefilter === 1 ? "" : "s"} along one axis each`,
    displacement === 0 ? "" : `, displaced by ${displacement} components`,
  ].join("");
  const inputs = plan.buffers.slice(0, plan.inputs).map((buffer, k) => `  input: ${showBuffer(buffer, k)}`);
  const gathers = plan.passes.filter((pass) => pass.kind === "gather");
  return [
    `${resampling} ${resampling === 1 ? "pass" : "passes"}${extra}`,
    ...inputs,
    ...plan.passes.flatMap((pass) => showPass(pass, plan, pass.kind === "gather" ? gathers.indexOf(pass) : -1)),
  ].join("\n");
};

const showBuffer = ({ size, channels, storage }: Buffer, k: number): string => {
  const many = channels === 1 ? "" : ` × ${channels} channels`;
  const rescale =
    storage === "working" || isIdentityRescale(storage.rescale)
      ? ""
      : `, real = stored · ${storage.rescale.slope} + ${storage.rescale.intercept}`;
  return `buffer${k}: ${size.join("×")}${many} ${storage === "working" ? "working precision" : storage.dtype}${rescale}`;
};

const showPass = (pass: Pass, plan: Plan, number: number): readonly string[] => {
  const output = plan.buffers[pass.output];
  const to = output === undefined ? "" : showBuffer(output, pass.output);
  switch (pass.kind) {
    case "prefilter":
      return [`  prefilter along ${"xyz"[pass.axis]} (${pass.boundary}): buffer${pass.source} → ${to}`];
    case "displaced":
      return [
        `  displaced: buffer${pass.source}${pass.slope === undefined ? "" : `, its slope along ${"xyz"[pass.slope]}`}, ${pass.by} → ${to}`,
        ...showAim(pass.aim),
      ];
    case "within":
      return [`  within ${pass.extent.join("×")} → ${to}`, ...showAim(pass.aim)];
    case "gather":
      return [
        `  pass ${number + 1}: ${to}`,
        `    because: ${pass.reason}`,
        `    voxel = ${showScalar(pass.body)}`,
        ...rowsOf(pass.taps).flatMap(showRow),
        ...showRegions(pass),
      ];
  }
};

/** Taps that look beside the output voxel stand in rows where a filter wants them: a row takes a line. */
interface Row {
  readonly first: number;
  readonly taps: readonly [Tap, ...Tap[]];
}

const showRow = ({ first, taps }: Row): readonly string[] => {
  const [tap, ...more] = taps;
  if (!isShift(tap)) return showTap(tap, first);
  const last = more.at(-1);
  const [names, shifts] =
    last === undefined
      ? [`tap${first}`, showShift(tap)]
      : [`tap${first} … tap${first + more.length}`, `${showShift(tap)} … ${showShift(last)}`];
  return [`    ${names}: buffer${tap.source}, copy, at output index + ${shifts}`];
};

const rowsOf = (taps: readonly Tap[]): readonly Row[] => {
  const rows: { readonly first: number; readonly taps: [Tap, ...Tap[]] }[] = [];
  for (const [k, tap] of taps.entries()) {
    const last = rows.at(-1);
    if (last !== undefined && goesOn(last.taps, tap)) last.taps.push(tap);
    else rows.push({ first: k, taps: [tap] });
  }
  return rows;
};

/** Whether a tap looks at what a row looks at, as far from its last tap as that is from the one before. */
const goesOn = (row: Row["taps"], tap: Tap): boolean => {
  const [last, before] = row.toReversed();
  if (last === undefined || last.source !== tap.source || !isShift(last) || !isShift(tap)) return false;
  const step = subtract(tap.pull.offset, last.pull.offset);
  return before === undefined || norm(subtract(step, subtract(last.pull.offset, before.pull.offset))) === 0;
};

const showShift = ({ pull: { offset } }: Tap): string => `(${offset.map(showNumber).join(", ")})`;

const showTap = (tap: Tap, k: number): readonly string[] => [
  `    tap${k}: buffer${tap.source}, ${tap.class}${tap.class === "copy" ? "" : `, ${tap.by}`}, at source index = M · output index`,
  ...showMatrix(tap.pull),
];

const showAim = ({ pull, onto, displacement }: Aim): readonly string[] => [
  `    at source index = M · output index + N · (${displacement.map((buffer) => `buffer${buffer}`).join(", ")}), M`,
  ...showMatrix(pull),
  "    and N",
  ...axes.map(
    (row) => `      [${axes.map((column) => showNumber(at(onto.linear, row, column)).padStart(11)).join(" ")} ]`,
  ),
];

const showRegions = (pass: Gather): readonly string[] =>
  pass.regions.flatMap((region, k) => [
    `    inside${k}: within ${region.size.join("×")} at M · output index`,
    ...showMatrix(region.pull),
  ]);

const showMatrix = (pull: Affine<"index", "index">): readonly string[] =>
  axes.map((row) => {
    const entries = [...axes.map((column) => at(pull.linear, row, column)), pull.offset[row]];
    return `      [${entries.map((e) => showNumber(e).padStart(11)).join(" ")} ]`;
  });

const showNumber = (n: number): string => String(Number.isInteger(n) ? n : Number(n.toPrecision(7)));
