/**
 * Slices as a volume: which of them share a lattice, in which order, along which further axes, and what is
 * wrong where they do not. Pure geometry; nothing is read here. Nothing is mended unless it was asked for.
 */
import { affineOf } from "../../../compiler/language/affine.ts";
import { type Grid, gridFromAffine } from "../../../compiler/language/grid.ts";
import { dot, norm, subtract, type Vector3, vector } from "../../../compiler/language/vector.ts";
import type { Mend } from "./options.ts";
import { cross, distance, type Placement, type Slice } from "./slices.ts";

export interface Problem {
  readonly kind: "gap" | "duplicate" | "orientation" | "size" | "spacing" | "position" | "incomplete";
  readonly message: string;
  /** What would mend it. */
  readonly mends: readonly Mend[];
}

/** One slice of the volume: of a file, or between two where one is missing. */
export type Place =
  | { readonly kind: "slice"; readonly slice: Slice }
  | { readonly kind: "between"; readonly before: Slice; readonly after: Slice; readonly weight: number };

export interface ExtraAxis {
  /** The keyword by which its volumes are told apart. */
  readonly name: string;
  readonly values: readonly string[];
}

export interface Arrangement {
  readonly grid: Grid;
  /** Volume by volume, slices along the normal in each. */
  readonly places: readonly Place[];
  readonly axes: readonly ExtraAxis[];
  readonly problems: readonly Problem[];
  /** What was done on request, and what a reader should know of a sound volume. */
  readonly notes: readonly { readonly kind: string; readonly message: string }[];
}

/** Gaps may differ by this part of the usual one: positions are written with few digits. */
const gapTolerance = 0.01;
/** Positions closer than this are one, mm. */
const sameness = 1e-3;
const cosineTolerance = 1e-4;

const isSameDirection = (a: Vector3, b: Vector3): boolean => distance(a, b) < cosineTolerance * 10;
const isSameOrientation = (a: Placement, b: Placement): boolean =>
  isSameDirection(a.across, b.across) && isSameDirection(a.down, b.down);
const isSameSpacing = (a: Slice["spacing"], b: Slice["spacing"]): boolean =>
  a === undefined || b === undefined
    ? a === b
    : Math.abs(a[0] - b[0]) <= 1e-4 * a[0] && Math.abs(a[1] - b[1]) <= 1e-4 * a[1];

const nameOf = ({ file, frame }: Slice): string =>
  `${file.path.split(/[\\/]/).at(-1)}${file.layout.frames > 1 ? ` frame ${frame + 1}` : ""}`;
const list = (names: readonly string[]): string =>
  names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
const mm = (n: number): string => String(Number(n.toFixed(3)));

const byOrder = (a: Slice, b: Slice): number =>
  a.order[0] - b.order[0] || a.order[1] - b.order[1] || (a.file.path < b.file.path ? -1 : 1);

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

interface Position {
  readonly along: number;
  readonly point: Vector3;
  /** In the order of their instance numbers. */
  readonly slices: readonly Slice[];
}

const normalOf = ({ across, down }: Placement): Vector3 => {
  const n = cross(across, down);
  const length = norm(n);
  return vector((k) => n[k] / length);
};

/** Distinct positions along the normal, ascending. */
const positionsOf = (slices: readonly Slice[], normal: Vector3): readonly Position[] => {
  const placed = slices.flatMap((slice) =>
    slice.placement === undefined
      ? []
      : [{ slice, along: dot(normal, slice.placement.position), point: slice.placement.position }],
  );
  placed.sort((a, b) => a.along - b.along || byOrder(a.slice, b.slice));
  const positions: { along: number; point: Vector3; slices: Slice[] }[] = [];
  for (const { slice, along, point } of placed) {
    const last = positions.at(-1);
    if (last !== undefined && distance(last.point, point) < sameness) last.slices.push(slice);
    else positions.push({ along, point, slices: [slice] });
  }
  for (const position of positions) position.slices.sort(byOrder);
  return positions;
};

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
};

// ---------------------------------------------------------------- axes beyond the third

/** Candidates by name; each must have the same values at every position. */
const axisBy = (name: string, positions: readonly Position[]): ExtraAxis | undefined => {
  const valuesAt = ({ slices }: Position): readonly string[] => slices.map(({ keys }) => keys().get(name) ?? "");
  const [first] = positions;
  if (first === undefined) return undefined;
  const values = [...new Set(valuesAt(first))];
  if (values.length < 2 || values.includes("")) return undefined;
  const known = new Set(values);
  for (const position of positions) {
    const here = new Set(valuesAt(position));
    if (here.size !== known.size || ![...here].every((value) => known.has(value))) return undefined;
  }
  // Numbers in their own order; words in that in which they were acquired.
  const numeric = values.every((value) => value.trim() !== "" && Number.isFinite(Number(value)));
  return { name, values: numeric ? values.sort((a, b) => Number(a) - Number(b)) : values };
};

/** Slices of one position by their values along axes; nothing when two are at the same place. */
const placeOnAxes = (slices: readonly Slice[], axes: readonly ExtraAxis[]): readonly Slice[] | undefined => {
  const places: (Slice | undefined)[] = [];
  for (const slice of slices) {
    let at = 0;
    let stride = 1;
    for (const { name, values } of axes) {
      at += stride * values.indexOf(slice.keys().get(name) ?? "");
      stride *= values.length;
    }
    if (places[at] !== undefined) return undefined;
    places[at] = slice;
  }
  return Array.from(places).every((place) => place !== undefined) ? (places as readonly Slice[]) : undefined;
};

interface Volumes {
  readonly axes: readonly ExtraAxis[];
  /** For each position the slices of all volumes. */
  readonly slices: readonly (readonly Slice[])[];
}

const arrangedBy = (positions: readonly Position[], axes: readonly ExtraAxis[]): Volumes | undefined => {
  const slices = positions.map((position) => placeOnAxes(position.slices, axes));
  return slices.every((here) => here !== undefined)
    ? { axes, slices: slices as readonly (readonly Slice[])[] }
    : undefined;
};

/** Subsets of candidates whose numbers of values multiply to `count`, small ones first. */
function* combinations(candidates: readonly ExtraAxis[], count: number): Generator<readonly ExtraAxis[]> {
  for (let size = 1; size <= Math.min(3, candidates.length); size++) {
    const choose = function* (
      from: number,
      chosen: readonly ExtraAxis[],
      product: number,
    ): Generator<readonly ExtraAxis[]> {
      if (chosen.length === size) {
        if (product === count) yield chosen;
        return;
      }
      for (let k = from; k < candidates.length; k++) {
        const candidate = candidates[k];
        if (candidate !== undefined && count % (product * candidate.values.length) === 0)
          yield* choose(k + 1, [...chosen, candidate], product * candidate.values.length);
      }
    };
    yield* choose(0, [], 1);
  }
}

const numbered = (count: number): ExtraAxis => ({
  name: "InstanceNumber",
  values: Array.from({ length: count }, (_, k) => String(k + 1)),
});

/** Whether the instances of each volume all come before those of the next: an acquisition volume by volume. */
const inBlocks = (positions: readonly Position[], count: number): boolean => {
  for (let v = 1; v < count; v++) {
    const before = positions.map(({ slices }) => slices[v - 1]);
    const after = positions.map(({ slices }) => slices[v]);
    const last = before.reduce((a, b) => (a !== undefined && b !== undefined && byOrder(a, b) > 0 ? a : b));
    const first = after.reduce((a, b) => (a !== undefined && b !== undefined && byOrder(a, b) < 0 ? a : b));
    if (last === undefined || first === undefined) return false;
    if (last.order[0] > first.order[0] || (last.order[0] === first.order[0] && last.order[1] >= first.order[1]))
      return false;
  }
  return true;
};

/** Several slices at each place as volumes, when something says which belongs to which. */
const volumesOf = (positions: readonly Position[], asked: boolean): Volumes | undefined => {
  const count = positions[0]?.slices.length ?? 0;
  if (count === 1) return { axes: [], slices: positions.map(({ slices }) => slices) };
  const names = [...new Set(positions.flatMap(({ slices }) => slices.flatMap(({ keys }) => [...keys().keys()])))];
  const candidates = names.flatMap((name) => axisBy(name, positions) ?? []);
  for (const axes of combinations(candidates, count)) {
    const volumes = arrangedBy(positions, axes);
    if (volumes !== undefined) return volumes;
  }
  // Two slices of one place alone do not make a time series: nothing says that they belong to volumes.
  const ordered = positions.length > 1 && inBlocks(positions, count);
  return asked || ordered ? { axes: [numbered(count)], slices: positions.map(({ slices }) => slices) } : undefined;
};

// ---------------------------------------------------------------- the lattice

const gapsOf = (positions: readonly Position[]): readonly number[] =>
  positions.slice(1).map(({ along }, k) => along - (positions[k]?.along ?? 0));

/** The usual gap: the smallest that is not an exception. */
const usualGap = (gaps: readonly number[]): number => median(gaps);

const isRegular = (positions: readonly Position[]): boolean => {
  const gaps = gapsOf(positions);
  const usual = usualGap(gaps);
  if (!gaps.every((gap) => Math.abs(gap - usual) <= Math.max(gapTolerance * usual, sameness))) return false;
  const [first, last] = [positions[0], positions.at(-1)];
  if (first === undefined || last === undefined || positions.length < 3) return true;
  const step = vector((k) => (last.point[k] - first.point[k]) / (positions.length - 1));
  return positions.every(
    ({ point }, k) =>
      distance(
        point,
        vector((axis) => first.point[axis] + k * step[axis]),
      ) <= Math.max(gapTolerance * norm(step), sameness),
  );
};

/** The longest run of positions with one gap, the first of those of equal length. */
const longestRun = (positions: readonly Position[]): readonly Position[] => {
  let best: readonly Position[] = positions.slice(0, 1);
  for (let from = 0; from < positions.length - 1; from++) {
    let to = from + 2;
    while (to < positions.length && isRegular(positions.slice(from, to + 1))) to++;
    if (to - from > best.length) best = positions.slice(from, to);
    if (positions.length - from <= best.length) break;
  }
  return best;
};

/** The most slices that `fill-missing` makes up for each that is there. */
const mostFilled = 4;

const linearGrid = (slice: Slice, size: Vector3, first: Placement, step: Vector3): Grid => {
  const [sx, sy] = slice.spacing ?? [1, 1];
  return gridFromAffine(
    size,
    affineOf(
      [
        first.across[0] * sx,
        first.down[0] * sy,
        step[0],
        first.across[1] * sx,
        first.down[1] * sy,
        step[1],
        first.across[2] * sx,
        first.down[2] * sy,
        step[2],
      ],
      first.position,
    ),
  );
};

const gapProblem = (positions: readonly Position[]): Problem => {
  const gaps = gapsOf(positions);
  const usual = usualGap(gaps);
  const odd = gaps.flatMap((gap, k) =>
    Math.abs(gap - usual) > Math.max(gapTolerance * usual, sameness) ? [{ gap, k }] : [],
  );
  const told = odd.slice(0, 3).map(({ gap, k }) => {
    const [a, b] = [positions[k]?.slices[0], positions[k + 1]?.slices[0]];
    return `${mm(gap)} mm between ${a ? nameOf(a) : "?"} and ${b ? nameOf(b) : "?"}`;
  });
  const more = odd.length > 3 ? `, and ${odd.length - 3} more` : "";
  // Whole multiples of the usual gap are slices that are missing.
  const missing = odd.reduce((sum, { gap }) => sum + Math.round(gap / usual) - 1, 0);
  const multiples =
    odd.length > 0 &&
    missing <= mostFilled * positions.length &&
    odd.every(({ gap }) => gap > usual && Math.abs(gap / usual - Math.round(gap / usual)) <= 2 * gapTolerance);
  return {
    kind: "gap",
    message:
      odd.length === 0
        ? "the slices drift away from one line"
        : `the slices are ${mm(usual)} mm apart, but ${told.join(", ")}${more}${multiples ? `: ${missing} missing` : ""}`,
    mends: multiples ? ["fill-missing", "largest-regular-run"] : ["largest-regular-run"],
  };
};

const asPlaces = (volumes: Volumes): readonly Place[] => {
  const count = volumes.slices[0]?.length ?? 0;
  return Array.from({ length: count }, (_, v) => v).flatMap((v) =>
    volumes.slices.flatMap((here): readonly Place[] => {
      const slice = here[v];
      return slice === undefined ? [] : [{ kind: "slice", slice }];
    }),
  );
};

/** Positions with those that are missing put in, as the slices before and after. */
const filled = (
  volumes: Volumes,
  positions: readonly Position[],
  usual: number,
): { readonly places: readonly Place[]; readonly depth: number; readonly made: number } => {
  const count = volumes.slices[0]?.length ?? 0;
  const places: Place[] = [];
  let depth = 0;
  let made = 0;
  for (let v = 0; v < count; v++) {
    depth = 0;
    volumes.slices.forEach((here, k) => {
      const before = volumes.slices[k - 1]?.[v];
      const after = here[v];
      if (after === undefined) return;
      if (before !== undefined) {
        const steps = Math.round(((positions[k]?.along ?? 0) - (positions[k - 1]?.along ?? 0)) / usual);
        for (let m = 1; m < steps; m++) {
          places.push({ kind: "between", before, after, weight: m / steps });
          depth++;
          made++;
        }
      }
      places.push({ kind: "slice", slice: after });
      depth++;
    });
  }
  return { places, depth, made };
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
      message: `its slices are stacked ${mm(tilt)}° off their normal (gantry tilt); the grid is sheared so that each stays where it was taken`,
    });
  return { grid: linearGrid(one, size(depth), place, step), places, axes: found.axes, problems, notes };
};
