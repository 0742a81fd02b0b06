/**
 * Slices as a volume: which of them share a lattice, in which order, along which further axes, and what is
 * wrong where they do not. Pure geometry; nothing is read here. Nothing is mended unless it was asked for.
 */
import { dot, norm, subtract, type Vector3, vector } from "../../../compiler/language/vector.ts";
import type { Arrangement, Problem } from "./arrangement.ts";
import { asPlaces, filled, gapProblem, gapsOf, isRegular, linearGrid, longestRun, usualGap } from "./lattice.ts";
import type { Mend } from "./options.ts";
import { distance } from "./placement.ts";
import { byOrder, list, mm, nameOf, normalOf, type Position, positionsOf } from "./positions.ts";
import type { Placement, Slice } from "./slice.ts";
import { type Volumes, volumesOf } from "./volumes.ts";

const cosineTolerance = 1e-4;

const isSameDirection = (a: Vector3, b: Vector3): boolean => distance(a, b) < cosineTolerance * 10;
const isSameOrientation = (a: Placement, b: Placement): boolean =>
  isSameDirection(a.across, b.across) && isSameDirection(a.down, b.down);
const isSameSpacing = (a: Slice["spacing"], b: Slice["spacing"]): boolean =>
  a === undefined || b === undefined
    ? a === b
    : Math.abs(a[0] - b[0]) <= 1e-4 * a[0] && Math.abs(a[1] - b[1]) <= 1e-4 * a[1];

/** Slices that agree with each other, the largest group first. */
const groupsBy = (slices: readonly Slice[], agree: (a: Slice, b: Slice) => boolean): readonly (readonly Slice[])[] => {
  const groups: Slice[][] = [];
  for (const slice of slices) {
    const group = groups.find(([first]) => first !== undefined && agree(first, slice));
    if (group === undefined) groups.push([slice]);
    else group.push(slice);
  }
  return groups.sort((a, b) => b.length - a.length);
};

const unknownSpacing = {
  kind: "spacing",
  message: "does not say its pixel spacing; 1 mm was assumed, so that distances are not real",
};

/** Slices without places of their own: a picture, or the frames of one file as a series in time. */
const unplaced = (slices: readonly Slice[]): Arrangement => {
  const ordered = [...slices].sort(byOrder);
  const first = ordered[0] as Slice;
  const oneFile = ordered.every(({ file }) => file === first.file);
  const without = slices.filter(({ placement }) => placement === undefined);
  const grid = linearGrid(
    first,
    [first.columns, first.rows, 1],
    { position: [0, 0, 0], across: [1, 0, 0], down: [0, 1, 0] },
    [0, 0, first.depth ?? 1],
  );
  const notes = [
    { kind: "position", message: "says nothing of where it lies; its first pixel was put at 0, its rows along x" },
  ];
  if (!oneFile)
    return {
      grid,
      places: [{ kind: "slice", slice: first }],
      axes: [],
      notes: [],
      problems: [
        {
          kind: "position",
          message: `${list(without.map(nameOf))} do${without.length === 1 ? "es" : ""} not say where ${without.length === 1 ? "it lies" : "they lie"} (ImagePositionPatient, ImageOrientationPatient)`,
          mends: [],
        },
      ],
    };
  return {
    grid,
    places: ordered.map((slice) => ({ kind: "slice", slice })),
    axes: ordered.length === 1 ? [] : [{ name: "Frame", values: ordered.map(({ frame }) => String(frame + 1)) }],
    problems: [],
    notes,
  };
};

/**
 * Arranges the slices of one series, at least one. With problems, the grid describes what is there and
 * `places` must not be read.
 */
export const arrange = (slices: readonly Slice[], mend: ReadonlySet<Mend> = new Set()): Arrangement => {
  const problems: Problem[] = [];
  const notes: { readonly kind: string; readonly message: string }[] = [];
  const only = (
    all: readonly Slice[],
    agree: (a: Slice, b: Slice) => boolean,
    kind: Problem["kind"],
    what: (slice: Slice) => string,
  ): readonly Slice[] => {
    const groups = groupsBy(all, agree);
    const [largest = [], ...others] = groups;
    const [one] = largest;
    if (others.length === 0 || one === undefined) return largest;
    const odd = others.flat();
    const said = others.flatMap(([first]) => (first === undefined ? [] : [what(first)]));
    const message = `${list(odd.map(nameOf))} ${odd.length === 1 ? "has" : "have"} ${list(said)}, where ${largest.length} other slice${largest.length === 1 ? " has" : "s have"} ${what(one)}`;
    if (mend.has("largest-regular-run")) notes.push({ kind: "largest-regular-run", message: `left out: ${message}` });
    else problems.push({ kind, message, mends: ["largest-regular-run"] });
    return largest;
  };

  const placed = slices.filter(({ placement }) => placement !== undefined);
  if (placed.length < slices.length) return unplaced(slices);
  const sized = only(
    slices,
    (a, b) => a.rows === b.rows && a.columns === b.columns,
    "size",
    ({ columns, rows }) => `${columns}×${rows} pixels`,
  );
  const coloured = only(
    sized,
    (a, b) => a.file.layout.samples === b.file.layout.samples,
    "size",
    ({ file }) => `${file.layout.samples} sample(s) a pixel`,
  );
  const oriented = only(
    coloured,
    (a, b) => a.placement !== undefined && b.placement !== undefined && isSameOrientation(a.placement, b.placement),
    "orientation",
    ({ placement }) =>
      `the orientation ${[...(placement?.across ?? []), ...(placement?.down ?? [])].map((n) => Number(n.toFixed(4))).join("\\")}`,
  );
  const spaced = only(
    oriented,
    (a, b) => isSameSpacing(a.spacing, b.spacing),
    "spacing",
    ({ spacing }) => (spacing === undefined ? "no pixel spacing" : `pixels of ${spacing.map(mm).join("×")} mm`),
  );
  const one = spaced[0] as Slice;
  const placement = one.placement as Placement;
  if (one.spacing === undefined) notes.push(unknownSpacing);
  const normal = normalOf(placement);
  let positions = positionsOf(spaced, normal);

  // Several slices at one place: volumes, copies, or candidates between which nobody decided.
  let volumes = volumesOf(positions, false);
  const counts = new Set(positions.map((position) => position.slices.length));
  if (counts.size > 1 || volumes === undefined) {
    const crowded = positions.filter((position) => position.slices.length > 1);
    const even = counts.size === 1;
    const names = crowded.slice(0, 2).map((position) => list(position.slices.map(nameOf)));
    const message = even
      ? `there are ${one && positions[0]?.slices.length} slices at ${positions.length === 1 ? "the one position" : `each of ${positions.length} positions`}, and nothing says which belong together (${names[0]})`
      : `there are several slices at ${crowded.length} of ${positions.length} positions (${names.join("; ")})`;
    if (mend.has("as-4d") && even) volumes = volumesOf(positions, true);
    else if (mend.has("drop-duplicates")) {
      positions = positions.map((position) => ({ ...position, slices: position.slices.slice(0, 1) }));
      volumes = volumesOf(positions, false);
      notes.push({ kind: "drop-duplicates", message: `${message}; the first instance of each was taken` });
    } else {
      problems.push({
        kind: even ? "duplicate" : crowded.length < positions.length ? "duplicate" : "incomplete",
        message,
        mends: even ? ["as-4d", "drop-duplicates"] : ["drop-duplicates"],
      });
      positions = positions.map((position) => ({ ...position, slices: position.slices.slice(0, 1) }));
      volumes = volumesOf(positions, false);
    }
  }

  if (mend.has("largest-regular-run") && !isRegular(positions)) {
    const run = longestRun(positions);
    notes.push({
      kind: "largest-regular-run",
      message: `${gapProblem(positions).message}; ${run.length} of ${positions.length} positions were taken`,
    });
    const kept = new Set(run);
    const slicesKept = volumes?.slices.filter((_, k) => kept.has(positions[k] as Position)) ?? [];
    volumes = { axes: volumes?.axes ?? [], slices: slicesKept };
    positions = run;
  }

  const found: Volumes = volumes ?? { axes: [], slices: positions.map((position) => position.slices.slice(0, 1)) };
  const [first, last] = [positions[0] as Position, positions.at(-1) as Position];
  const place: Placement = { ...placement, position: first.point };
  const size = (depth: number): Vector3 => [one.columns, one.rows, depth];
  if (positions.length === 1) {
    if (one.depth === undefined)
      notes.push({ kind: "spacing", message: "does not say how thick its only slice is; 1 mm was assumed" });
    const step = vector((k) => normal[k] * (one.depth ?? 1));
    return { grid: linearGrid(one, size(1), place, step), places: asPlaces(found), axes: found.axes, problems, notes };
  }
  const usual = usualGap(gapsOf(positions));
  let places = asPlaces(found);
  let depth = positions.length;
  if (!isRegular(positions)) {
    const problem = gapProblem(positions);
    if (mend.has("fill-missing") && problem.mends.includes("fill-missing")) {
      const whole = filled(found, positions, usual);
      places = whole.places;
      depth = whole.depth;
      notes.push({
        kind: "fill-missing",
        message: `${problem.message}; ${whole.made} made up between their neighbours`,
      });
    } else problems.push(problem);
  }
  const broken = problems.some(({ kind }) => kind === "gap");
  const total = subtract(last.point, first.point);
  const length = norm(total);
  const step = broken ? vector((k) => (total[k] / length) * usual) : vector((k) => total[k] / (depth - 1));
  const tilt = (Math.acos(Math.min(1, Math.abs(dot(normal, total)) / length)) * 180) / Math.PI;
  if (tilt > 0.5)
    notes.push({
      kind: "sheared",
      message: `its slices are stacked ${mm(tilt)}° off their normal (gantry tilt); the grid is sheared so that each stays where it was taken (\`rectify\` resamples it upright)`,
    });
  return { grid: linearGrid(one, size(depth), place, step), places, axes: found.axes, problems, notes };
};
