/**
 * What runs of plans have in common: where the volumes lie, and how a pass that fills one is handed to the threads.
 */
import { fail } from "../../compiler/errors.ts";
import { identity } from "../../compiler/language/affine.ts";
import { tap } from "../../compiler/language/scalar.ts";
import type { VoxelArray, Voxels } from "../../compiler/language/voxels.ts";
import {
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
import { addressable, allocateBacked, announce, canShare, ensureLength } from "./memory.ts";
import { bufferOf, type Place, Places } from "./places.ts";
import type { Pool } from "./pool.ts";
import { prefilterWork } from "./prefilter-work.ts";
import type { PassTask } from "./task.ts";
import type { Work } from "./work.ts";

/** Output of a job, in bytes, where the kernel has no wish: larger pieces are copied out faster. */
const jobBytes = 2 ** 20;
/** Output, in bytes, that is computed sooner than a thread hears of it. */
const tooSmallToShare = 2 ** 15;

interface Buffers {
  readonly buffers: readonly Buffer[];
  readonly inputs: number;
}

export class Runner {
  protected readonly room: Places = new Places();
  protected readonly places: Map<number, Place> = new Map();
  /** Steps that are done, and how many there are in all. */
  protected done = 0;
  protected steps = 1;
  readonly #plan: Buffers;
  readonly #inputs: readonly Voxels[];
  readonly #pool: Pool;
  readonly #options: RunOptions;

  constructor(plan: Buffers, inputs: readonly Voxels[], pool: Pool, options: RunOptions) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#pool = pool;
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
    await this.gather(pass, rows, { buffer: memory.buffer, offset: address, channelBytes });
    this.places.set(pass.output, place);
  }

  /** Some rows of where displaced looks lead, or what they find there. */
  protected async displacedInto(pass: Displaced | Within, made: Buffer, rows: Rows): Promise<void> {
    const { displacedWork } = await import("./displaced-work.ts");
    const { memory, near } = this.together(pass);
    const place = this.room.intermediate(made, rows);
    const to = { buffer: place.memory.buffer, offset: place.address, channelBytes: place.channelBytes };
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
    const { memory, near } = this.together(pass);
    const [, ny] = made.size;
    const work = workOf(pass, made, near, rows.from % ny === 0 && rows.to % ny === 0);
    await this.#rows(work, memory, rows, to, made);
  }

  async #rows(work: Work, memory: WebAssembly.Memory, rows: Rows, to: RowPlace, made: Buffer): Promise<void> {
    const [, ny, nz] = made.size;
    const { bytesPerUnit = 0, rowsPerUnit = 1 } = work;
    const perChannel = (ny * nz) / rowsPerUnit;
    const [first, end] = [rows.from / rowsPerUnit, rows.to / rowsPerUnit];
    const output = { buffer: to.buffer, offset: to.offset, bytesPerUnit };
    if (end - first === perChannel) await this.work(work, memory, { first: 0, end: work.units }, output);
    else
      for (let channel = 0; channel < made.channels; channel++) {
        const units = { first: channel * perChannel + first, end: channel * perChannel + end };
        // Channels lie closer together where only some of their rows are kept.
        const offset = to.offset + channel * (to.channelBytes - perChannel * bytesPerUnit);
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

  /** Runs a kernel in `memory`, its numbers and scratch areas behind the volumes there. */
  protected async work(
    work: Work,
    memory: WebAssembly.Memory,
    { first, end }: Units,
    output?: OutputPlace,
  ): Promise<void> {
    const threads = this.#pool.threadsFor(this.#options.threads);
    const perUnit = work.bytesPerUnit ?? jobBytes / 8;
    const fair = Math.ceil((end - first) / (threads * 4));
    const isSmall = (end - first) * perUnit <= tooSmallToShare;
    const wished = work.unitsPerJob ?? Math.max(1, Math.min(fair, Math.floor(jobBytes / perUnit)));
    const unitsPerJob = isSmall ? end - first : wished;
    const align = (n: number): number => Math.ceil(n / 64) * 64;
    const uniforms = this.room.end(memory);
    const tables = align(uniforms + work.kernel.layout.bytes);
    const scratch = align(tables + work.tableBytes) + align(work.leadBytes ?? 0);
    const scratchBytes = align(work.scratchBytes + (output === undefined ? 0 : unitsPerJob * perUnit + padding));
    ensureLength(memory, scratch + threads * scratchBytes);
    work.writeTables(memory.buffer, tables);
    work.kernel.layout.write(memory.buffer, uniforms, (name) => work.valueOf(name, tables));
    const { onProgress, signal } = this.#options;
    const [done, steps] = [this.done, this.steps];
    const task: PassTask = {
      objects: { module: work.kernel.module, memory, control: this.#pool.freshControl(), output: output?.buffer },
      jobs: Math.ceil((end - first) / unitsPerJob),
      first,
      end,
      unitsPerJob,
      uniforms,
      scratch,
      scratchBytes,
      bytesPerUnit: output?.bytesPerUnit ?? 0,
      offset: output?.offset ?? 0,
    };
    const report = onProgress && ((fraction: number): void => onProgress((done + fraction) / steps));
    await this.#pool.run(task, { threads, signal, onProgress: report });
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
interface RowPlace {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly channelBytes: number;
}

/** Units of a pass that are computed: from `first` on and before `end`. */
export interface Units {
  readonly first: number;
  readonly end: number;
}

/** Where the rows that a kernel leaves in its scratch area belong. */
export interface OutputPlace {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly bytesPerUnit: number;
}

export const broken = (reason: string): never => fail({ kind: "InternalError", phase: "wasm", reason });

/** Rows are stored four voxels at a time, so the last may reach this far beyond. */
const padding = 64;

/**
 * The voxels of a result, in a memory of their own where one is large enough.
 * @throws MedImagesError `BudgetExceeded`
 */
export const allocateResult = (bytes: number, view: (buffer: ArrayBufferLike) => VoxelArray): VoxelArray => {
  try {
    return view(allocateBacked(bytes) ?? allocatePlain(bytes));
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
