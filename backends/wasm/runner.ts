/**
 * What runs of plans have in common: where the volumes lie, and how a pass that fills one is handed to the threads.
 */
import { fail } from "../../compiler/errors.ts";
import { identity } from "../../compiler/language/affine.ts";
import { tap } from "../../compiler/language/scalar.ts";
import type { VoxelArray, Voxels } from "../../compiler/language/voxels.ts";
import {
  addsNeighbours,
  type Buffer,
  type Displaced,
  type Gather,
  type GradientPass,
  type Prefilter,
  readsOf,
  type Within,
} from "../../compiler/plan.ts";
import { budgetRemedy } from "../../compiler/schedule.ts";
import type { Rows } from "../../compiler/tile.ts";
import type { RunOptions } from "../backend.ts";
import { workOf } from "./choose.ts";
import type { Crew, OutputPlace, Units } from "./crew.ts";
import { addressable, allocateBacked, announce, canShare } from "./memory.ts";
import { bufferOf, type Place, type Places } from "./places.ts";
import { prefilterWork } from "./prefilter-work.ts";
import type { Work } from "./work.ts";

interface Buffers {
  readonly buffers: readonly Buffer[];
  readonly inputs: number;
}

export class Runner {
  protected readonly room: Places;
  protected readonly places: Map<number, Place> = new Map();
  /** Steps that are done, and how many there are in all. */
  protected done = 0;
  protected steps = 1;
  readonly #plan: Buffers;
  readonly #inputs: readonly Voxels[];
  readonly #crew: Crew;
  readonly #options: Pick<RunOptions, "onProgress">;

  constructor(plan: Buffers, inputs: readonly Voxels[], crew: Crew, options: Pick<RunOptions, "onProgress">) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#crew = crew;
    this.room = crew.room;
    this.#options = options;
  }

  /** Intermediates are needed no more. */
  end(): void {
    this.room.giveBackAll();
  }

  protected free(buffer: number): void {
    const place = this.places.get(buffer);
    this.places.delete(buffer);
    // What was filtered in place goes on under another number.
    const isUsed = [...this.places.values()].some(({ memory }) => memory === place?.memory);
    if (place !== undefined && !isUsed) this.room.giveBack(place.memory);
  }

  /** Coefficients are computed in place, in a float32 copy of the samples. */
  protected async prefilter(pass: Prefilter): Promise<void> {
    const samples = bufferOf(this.#plan, pass.source);
    if (pass.source >= this.#plan.inputs && samples.storage === "working")
      this.places.set(pass.output, this.place(pass.source));
    else {
      const made = bufferOf(this.#plan, pass.output);
      await this.gatherInto(asFloats(pass), made, { from: 0, to: made.size[1] * made.size[2] });
    }
    const place = this.place(pass.output);
    const work = prefilterWork(pass, place);
    await this.work(work, place.memory, { first: 0, end: work.units });
  }

  /** Some rows of an intermediate. */
  protected async gatherInto(pass: Gather, made: Buffer, rows: Rows): Promise<void> {
    const place = this.room.intermediate(made, rows);
    const { memory, address, channelBytes } = place;
    await this.gather(pass, rows, { buffer: () => memory.buffer, offset: address, channelBytes });
    this.places.set(pass.output, place);
  }

  /** Some rows of where displaced looks lead, or what they find there. */
  protected async displacedInto(pass: Displaced | Within, made: Buffer, rows: Rows): Promise<void> {
    const { displacedWork } = await import("./displaced-work.ts");
    const { memory, near } = this.together(pass);
    const place = this.room.intermediate(made, rows);
    const { memory: own, address, channelBytes } = place;
    const to = { buffer: () => own.buffer, offset: address, channelBytes };
    await this.#rows(displacedWork(pass, made, near), memory, rows, to, made);
    this.places.set(pass.output, place);
  }

  /** Rows of each channel of a pass's output, to where they belong. */
  protected async gather(
    pass: Gather,
    rows: Rows,
    to: RowPlace,
    made: Buffer = bufferOf(this.#plan, pass.output),
  ): Promise<void> {
    // Few programs have windows, and their kernel is loaded for these.
    const windows = addsNeighbours(pass) ? await import("./window-work.ts") : undefined;
    const { memory, near } = this.together(pass);
    const [, ny] = made.size;
    const work =
      windows?.windowWork(pass, made, near, rows) ??
      workOf(pass, made, near, rows.from % ny === 0 && rows.to % ny === 0);
    await this.#rows(work, memory, rows, to, made);
  }

  async #rows(work: Work, memory: WebAssembly.Memory, rows: Rows, to: RowPlace, made: Buffer): Promise<void> {
    const [, ny, nz] = made.size;
    const { bytesPerUnit = 0, rowsPerUnit = 1, pieces } = work;
    // Units of all planes are numbered within the first of them.
    const before = pieces === undefined ? 0 : Math.floor(rows.from / ny) * ny;
    const perChannel = pieces === undefined ? (ny * nz) / rowsPerUnit : ny;
    const [first, end] = [(rows.from - before) / rowsPerUnit, (rows.to - before) / rowsPerUnit / (pieces?.count ?? 1)];
    const start = to.offset + before * bytesPerUnit;
    const output = { buffer: to.buffer, offset: start, bytesPerUnit };
    if (end - first === perChannel && pieces === undefined)
      await this.work(work, memory, { first: 0, end: work.units }, output);
    else
      for (let channel = 0; channel < made.channels; channel++) {
        const units = { first: channel * perChannel + first, end: channel * perChannel + end };
        // Channels lie closer together where only some of their rows are kept.
        const offset = start + channel * (to.channelBytes - perChannel * bytesPerUnit);
        await this.work(work, memory, units, { ...output, offset });
      }
  }

  protected place(number: number): Place {
    const input = this.#inputs[number];
    const place = this.places.get(number) ?? (input && this.room.input(input, bufferOf(this.#plan, number)));
    if (place === undefined) return broken(`buffer ${number} holds nothing`);
    this.places.set(number, place);
    return place;
  }

  /** Runs a kernel in `memory`. */
  protected work(work: Work, memory: WebAssembly.Memory, units: Units, output?: OutputPlace): Promise<void> {
    const { onProgress } = this.#options;
    const [done, steps] = [this.done, this.steps];
    const report = onProgress && ((fraction: number): void => onProgress((done + fraction) / steps));
    return this.#crew.work({ work, memory, units, output, report });
  }

  /** All that a pass looks at in one memory, which is all that its kernel sees. */
  protected together(pass: GradientPass): {
    readonly memory: WebAssembly.Memory;
    readonly near: (source: number) => Place;
  } {
    // All that is read has its place before tables and scratch areas take theirs.
    for (const source of readsOf(pass)) this.place(source);
    const looked = "taps" in pass ? pass.taps.map(({ source }) => source) : readsOf(pass);
    const sources = new Map(looked.map((source) => [source, this.place(source)]));
    const memories = new Set([...sources.values()].map(({ memory }) => memory));
    const [only = this.room.workspace()] = memories;
    const memory = memories.size > 1 ? this.room.workspace() : only;
    for (const [source, place] of sources)
      if (place.memory !== memory) sources.set(source, this.room.inWorkspace(place));
    const near = (source: number): Place => sources.get(source) ?? this.place(source);
    return { memory, near };
  }
}

/** Where the rows of a volume belong. */
type RowPlace = Omit<OutputPlace, "bytesPerUnit"> & { readonly channelBytes: number };

export const broken = (reason: string): never => fail({ kind: "InternalError", phase: "wasm", reason });

/**
 * The voxels of a result, in a memory of their own where one is large enough.
 * @throws MedImagesError `BudgetExceeded`
 */
export const allocateResult = (bytes: number, view: (buffer: ArrayBufferLike) => VoxelArray): VoxelArray => {
  try {
    // A memory that is not shared takes its buffer away from whoever holds it when it grows, so that one would lose
    // its voxels to the next run that reads them.
    return view((canShare ? allocateBacked(bytes) : undefined) ?? allocatePlain(bytes));
  } catch (thrown) {
    // The machine has no such piece of memory, or arrays of this engine are not that long.
    return fail(
      {
        kind: "BudgetExceeded",
        what: "the result",
        needed: bytes,
        budget: addressable,
        remedy: budgetRemedy,
      },
      thrown,
    );
  }
};

const allocatePlain = (bytes: number): ArrayBufferLike => {
  if (!canShare) return new ArrayBuffer(bytes);
  const buffer = new SharedArrayBuffer(bytes);
  announce(buffer, bytes);
  return buffer;
};

/** The samples of a prefilter as floats. */
const asFloats = ({ source, output }: Prefilter): Gather => ({
  kind: "gather",
  output,
  regions: [],
  body: tap(0),
  reason: "coefficients are float32",
  taps: [{ source, pull: identity(), by: "nearest", boundary: "clamp", class: "copy" }],
});
