/**
 * Fields seen from a grid, as taps, regions and arithmetic: what one pass looks at. A field is looked at through the
 * composition of everything that stands between the output grid and its samples, however long the chain is.
 */
import { classify, snapPull } from "./classify.ts";
import { fail } from "./errors.ts";
import { type Affine, affineOf, compose, spellAffine } from "./language/affine.ts";
import type { Components, Field, Interpolate, Volume } from "./language/field.ts";
import { type Grid, worldToIndex } from "./language/grid.ts";
import { spell } from "./language/intern.ts";
import type { Fill, Sampling } from "./language/interpolator.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import type { Vector3 } from "./language/vector.ts";
import { isIdentityRescale, noRescale, type Rescale } from "./language/voxels.ts";
import {
  type Aim,
  type Buffer,
  copyOf,
  type Displaced,
  type Gather,
  type Region,
  type Tap,
  type TapBoundary,
  type Within,
} from "./plan.ts";
import {
  aimAt,
  aimWithoutTangents,
  displacedBy,
  furtherBy,
  type Position,
  spellAim,
  spellPosition,
  through,
} from "./position.ts";

type Pull = Affine<"index", "index">;
type View = Affine<"index", "world">;

/** Exact operations read voxels where they are; any sampling gives the same, this one costs least. */
const exactReading: Sampling = { by: "nearest", outside: { kind: "background" } };

/** How a tap reads a volume. */
interface Reading {
  readonly by: Sampling["by"];
  readonly boundary: TapBoundary;
  readonly coefficients: boolean;
}

/** Where the volumes that fields are made of come from. */
export interface Volumes {
  /** Whether pulls keep how they change with parameters. */
  readonly keepsTangents: boolean;
  volume(volume: Volume): number;
  buffer(number: number): Buffer;
  /** B-spline coefficients of a buffer. */
  coefficients(source: number, boundary: TapBoundary): number;
  /** The buffer of a pass into working precision, made once for each `key`. */
  made(key: string, size: Vector3, make: () => MadePass): number;
}

/** A pass before its output is decided. */
export interface MadePass {
  readonly pass: Omit<Gather, "output"> | Omit<Displaced, "output"> | Omit<Within, "output">;
  readonly channels: number;
  /** Working precision unless said. */
  readonly storage?: Buffer["storage"];
}

/** What one pass looks at, in the making: equal taps and equal regions are shared. */
export class LookBuilder {
  readonly taps: Tap[] = [];
  readonly regions: Region[] = [];
  channels = 1;
  readonly #keys = new Map<string, number>();
  readonly #volumes: Volumes;
  readonly #size: Vector3;

  constructor(volumes: Volumes, size: Vector3) {
    this.#volumes = volumes;
    this.#size = size;
  }

  /** The field's value, in real units, at view(output index). */
  field(field: Field, view: View): Scalar {
    return this.#at(field, { view });
  }

  /** The body of the fields' values. */
  map(body: Scalar, fields: readonly Field[], view: View): Scalar {
    return this.#map(body, fields, { view });
  }

  #at(field: Field, position: Position): Scalar {
    switch (field.kind) {
      case "warp":
        return this.#at(field.field, through(position, field.pull));
      case "map":
        this.channels = Math.max(this.channels, field.channels);
        return this.#map(field.body, field.fields, position);
      case "clip": {
        const within = this.#within(field.to, position);
        return scalar.select(within, this.#at(field.field, position), this.#fill(field.fill, field.field));
      }
      case "displace":
        return this.#at(field.field, this.#displaced(field.by, position));
      case "interpolate":
        return this.#interpolate(field, position);
    }
  }

  #map(body: Scalar, fields: readonly Field[], position: Position): Scalar {
    const values = fields.map((f) => this.#at(f, position));
    return scalar.replaceLeaves(body, (leaf) => (leaf.kind === "tap" ? values[leaf.index] : undefined));
  }

  /** The position after a displacement, of which each component is computed once, before this pass. */
  #displaced(by: Components, position: Position): Position {
    const size = this.#size;
    const looks = by.map(() => new LookBuilder(this.#volumes, size));
    const values = by.map((field, k) => (looks[k] as LookBuilder).#at(field, position));
    const [x, y, z] = values as [Scalar, Scalar, Scalar];
    // The view does not depend on who reads.
    const { view } = furtherBy(position, [x, y, z], () => scalar.constant(0));
    const component = (k: 0 | 1 | 2): number => {
      const look = looks[k] as LookBuilder;
      const body = furtherBy(position, [x, y, z], (buffer) => look.#copy(buffer)).bodies[k];
      const { taps, regions } = look;
      return this.#volumes.made(`component ${by[k]?.id} ${spellPosition(position)} ${k} ${spell(size)}`, size, () => ({
        pass: { kind: "gather", taps, regions, body, reason: `the displacement along ${"xyz"[k]}` },
        channels: 1,
      }));
    };
    return displacedBy(view, [component(0), component(1), component(2)]);
  }

  #copy(buffer: number): Scalar {
    return scalar.tap(this.#once(`copy ${buffer}`, () => this.taps.push(copyOf(buffer))));
  }

  /** 1 where the position lies in the extent of a grid. */
  #within(grid: Grid, position: Position): Scalar {
    const aim = aimAt(grid, position);
    if (aim === undefined) return this.#region(compose(worldToIndex(grid), position.view), grid.size);
    // Where an extent ends has no derivative.
    const exact = aimWithoutTangents(this.#snapped(aim));
    const key = `within ${spellAim(exact)} ${spell([...grid.size, ...this.#size])}`;
    return this.#copy(
      this.#volumes.made(key, this.#size, () => ({
        pass: { kind: "within", aim: exact, extent: grid.size },
        channels: 1,
      })),
    );
  }

  #snapped(aim: Aim): Aim {
    checkFinite(aim.pull);
    const snapped = { ...aim, pull: snapPull(aim.pull, this.#size) };
    return this.#volumes.keepsTangents ? snapped : aimWithoutTangents(snapped);
  }

  #interpolate(field: Interpolate, position: Position): Scalar {
    const { by, outside } = field.sampling ?? exactReading;
    const source = this.#volumes.volume(field.volume);
    const { coefficients, volume } = field;
    const { grid } = volume;
    const { channels } = this.#volumes.buffer(source);
    const rescale = rescaleOf(this.#volumes.buffer(source));
    this.channels = Math.max(this.channels, channels);
    switch (outside.kind) {
      case "clamp":
      case "reflect":
      case "wrap":
        return toReal(this.#look(source, field, position, { by, boundary: outside.kind, coefficients }), rescale);
      case "constant":
      case "background": {
        const boundary = by === "bspline" ? "mirror" : "clamp";
        const value = toReal(this.#look(source, field, position, { by, boundary, coefficients }), rescale);
        const beyond = this.#fill(outside.kind === "constant" ? outside.value : "background", field);
        return scalar.select(this.#within(grid, position), value, beyond);
      }
    }
  }

  /** What a volume holds, as stored, at a position. */
  #look(source: number, { volume: { grid } }: Interpolate, position: Position, reading: Reading): Scalar {
    const aim = aimAt(grid, position);
    if (aim === undefined)
      return this.#tap(source, snapPull(compose(worldToIndex(grid), position.view), this.#size), reading);
    const { by, boundary, coefficients } = reading;
    const read = by === "bspline" && !coefficients ? this.#volumes.coefficients(source, boundary) : source;
    const snapped = this.#snapped(aim);
    const key = `displaced ${read} ${by} ${boundary} ${spellAim(snapped)} ${spell(this.#size)}`;
    return this.#copy(
      this.#volumes.made(key, this.#size, () => ({
        pass: { kind: "displaced", source: read, aim: snapped, by, boundary },
        channels: this.#volumes.buffer(source).channels,
        // The nearest voxel is the voxel itself, whatever its dtype.
        ...(by === "nearest" ? { storage: this.#volumes.buffer(source).storage } : {}),
      })),
    );
  }

  #fill(fill: Fill, field: Field): Scalar {
    return fill === "background" ? this.#background(field) : scalar.constant(fill);
  }

  /** The background of a field is what its operations make of the background of its samples. */
  #background(field: Field): Scalar {
    switch (field.kind) {
      case "warp":
      case "clip":
      case "displace":
        return this.#background(field.field);
      case "map": {
        const values = field.fields.map((f) => this.#background(f));
        return scalar.replaceLeaves(field.body, (leaf) => (leaf.kind === "tap" ? values[leaf.index] : undefined));
      }
      case "interpolate": {
        const buffer = this.#volumes.volume(field.volume);
        return toReal(scalar.background(buffer), rescaleOf(this.#volumes.buffer(buffer)));
      }
    }
  }

  #tap(volume: number, exactPull: Pull, { by, boundary, coefficients }: Reading): Scalar {
    const pull = this.#volumes.keepsTangents
      ? exactPull
      : affineOf<"index", "index">(exactPull.linear, exactPull.offset);
    checkFinite(pull);
    // What a parameter moves has a slope even where it happens to meet whole indices.
    const free = pull.tangents === undefined ? classify(pull) : "general";
    // At whole indices every interpolator gives the sample itself, but for one of coefficients.
    const exact = free === "copy" && !coefficients;
    const kind = free === "copy" && !exact ? "axis-aligned" : free;
    const source = by === "bspline" && !exact && !coefficients ? this.#volumes.coefficients(volume, boundary) : volume;
    const tap: Tap = { source, pull, by: exact ? "nearest" : by, boundary, class: kind };
    const key = `tap ${source} ${tap.by} ${boundary} ${spellAffine(pull)}`;
    return scalar.tap(this.#once(key, () => this.taps.push(tap)));
  }

  #region(pull: Pull, size: Vector3): Scalar {
    checkFinite(pull);
    const snapped = snapPull(pull, this.#size);
    const key = `region ${spell([...snapped.linear, ...snapped.offset, ...size])}`;
    return scalar.inside(this.#once(key, () => this.regions.push({ pull: snapped, size })));
  }

  #once(key: string, push: () => number): number {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const index = push() - 1;
    this.#keys.set(key, index);
    return index;
  }
}

/** Each operation was sound by itself; together they may still leave what float64 holds. */
const checkFinite = ({ linear, offset }: Pull): void => {
  if (![...linear, ...offset].every(Number.isFinite))
    fail({
      kind: "InvalidDocument",
      errors: ["the operations together scale or move by more than float64 can hold; use numbers of a sensible size"],
    });
};

const rescaleOf = (buffer: Buffer): Rescale => (buffer.storage === "working" ? noRescale : buffer.storage.rescale);

/** The real value of a stored one. */
export const toReal = (stored: Scalar, { slope, intercept }: Rescale): Scalar =>
  isIdentityRescale({ slope, intercept })
    ? stored
    : scalar.binary("add", scalar.binary("mul", stored, scalar.constant(slope)), scalar.constant(intercept));
