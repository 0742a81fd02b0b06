/**
 * The CPU backend: each pass as WebAssembly SIMD that is compiled for its structure, run over rows of output
 * by worker threads that share memory.
 */

import { fail } from "../../compiler/errors.ts";
import { identity } from "../../compiler/language/affine.ts";
import { tap } from "../../compiler/language/scalar.ts";
import { product } from "../../compiler/language/vector.ts";
import { dtypes, type VoxelArray, type Voxels } from "../../compiler/language/voxels.ts";
import { type Buffer, type Gather, type Pass, type Plan, type Prefilter, readsOf } from "../../compiler/plan.ts";
import { budgetRemedy, freedAfter } from "../../compiler/schedule.ts";
import { type Rows, rowsOfBox, volumeOf, wholeBox } from "../../compiler/tile.ts";
import type { Backend, RunOptions } from "../backend.ts";
import { workOf } from "./choose.ts";
import { addressable, allocateBacked, announce, canShare, ensureLength } from "./memory.ts";
import { bufferOf, bytesOf, elementsOf, type Place, Places } from "./places.ts";
import { Pool, type ThreadHost } from "./pool.ts";
import { prefilterWork } from "./prefilter-work.ts";
import type { PassTask } from "./task.ts";
import { addressReach, type Reach, refusalOf, type Tile, tilesOfPlan } from "./tiles.ts";
import type { Work } from "./work.ts";

/** Output of a job, in bytes, where the kernel has no wish: larger pieces are copied out faster. */
const jobBytes = 2 ** 20;

/** `reach` is what kernels may be given to read; less than they can address is for tests. */
export const wasmBackend = (host: ThreadHost | undefined, reach: Reach = addressReach): Backend => {
  const pool = new Pool(host);
  return {
    name: "wasm",
    runGradient: () =>
      fail({
        kind: "BackendUnavailable",
        backend: "wasm",
        reason: "no gradients yet",
        remedy: "use the reference backend",
      }),
    run: (program, options = {}) =>
      pool.inTurn(async () => {
        const run = new Run(program.plan, program.inputs, pool, options, reach);
        const result = await run.result();
        // Not after a failure: a thread that is being stopped may still write.
        run.end();
        return result;
      }),
  };
};

class Run {
  readonly #plan: Plan;
  readonly #inputs: readonly Voxels[];
  readonly #pool: Pool;
  readonly #options: RunOptions;
  readonly #reach: Reach;
  readonly #room = new Places();
  readonly #places = new Map<number, Place>();
  /** Steps that are done, and how many there are in all. */
  #done = 0;
  #steps = 1;

  constructor(plan: Plan, inputs: readonly Voxels[], pool: Pool, options: RunOptions, reach: Reach) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#pool = pool;
    this.#options = options;
    this.#reach = reach;
  }

  /** The result, in a buffer of its own. */
  async result(): Promise<Voxels> {
    const { passes, result, inputs } = this.#plan;
    const handedIn = this.#inputs[result];
    if (result < inputs && handedIn !== undefined) return handedIn;
    const refusal = refusalOf(this.#plan, this.#reach);
    if (refusal !== undefined)
      return fail({
        kind: "BackendUnavailable",
        backend: "wasm",
        reason: refusal,
        remedy: "use the reference backend",
      });
    const made = bufferOf(this.#plan, result);
    if (made.storage === "working") return broken("the result has no storage of its own");
    const tiles = tilesOfPlan(this.#plan, this.#options.memory, this.#reach);
    const { array } = dtypes[made.storage.dtype];
    const data = allocateResult(bytesOf(made), (buffer) => new array(buffer, 0, elementsOf(made)));
    this.#steps = tiles.length * passes.length;
    for (const tile of tiles) await this.#tile(tile, data.buffer, tiles.length === 1);
    this.#options.onProgress?.(1);
    return {
      ...made.storage,
      data,
      channels: made.channels,
    };
  }

  /** Intermediates are needed no more. */
  end(): void {
    this.#room.giveBackAll();
  }

  /** Computes the rows of a tile, and before them what they need; `only` if there is no other tile. */
  async #tile({ rows, boxes }: Tile, to: ArrayBufferLike, only: boolean): Promise<void> {
    const { passes, result, inputs } = this.#plan;
    const freed = freedAfter(passes, inputs, [result]);
    this.#choosePlaces(boxes);
    for (const [k, pass] of passes.entries()) {
      // What all tiles need as a whole was computed for the first.
      if (pass.output !== result && !this.#places.has(pass.output)) await this.#pass(pass, boxes);
      if (pass.output === result && pass.kind === "gather")
        await this.#gather(pass, rows, { buffer: to, offset: 0, channelBytes: this.#channelBytes(result) });
      this.#done++;
      if (only) for (const buffer of freed[k] ?? []) this.#free(buffer);
    }
    if (only) return;
    for (const buffer of boxes.keys())
      if (buffer < inputs ? this.#isPart(buffer) : !this.#isWhole(buffer, boxes)) this.#free(buffer);
    this.#room.keepOnly([...this.#places.values()]);
  }

  /** Whether an input is too large to be reached as a whole. */
  #isPart(buffer: number): boolean {
    return buffer < this.#plan.inputs && bytesOf(bufferOf(this.#plan, buffer)) > this.#reach.whole;
  }

  /** Inputs of which kernels cannot reach the whole are there in part. */
  #choosePlaces(boxes: Tile["boxes"]): void {
    for (const [buffer, box] of boxes) {
      const input = this.#inputs[buffer];
      if (input !== undefined && this.#isPart(buffer))
        this.#places.set(buffer, this.#room.part(input, bufferOf(this.#plan, buffer), box));
    }
  }

  #isWhole(buffer: number, boxes: Tile["boxes"]): boolean {
    const box = boxes.get(buffer);
    return box !== undefined && volumeOf(box) === product(bufferOf(this.#plan, buffer).size);
  }

  #channelBytes(buffer: number): number {
    const made = bufferOf(this.#plan, buffer);
    return bytesOf(made) / made.channels;
  }

  #free(buffer: number): void {
    const place = this.#places.get(buffer);
    this.#places.delete(buffer);
    // What was filtered in place goes on under another number.
    const isUsed = [...this.#places.values()].some(({ memory }) => memory === place?.memory);
    if (place !== undefined && !isUsed) this.#room.giveBack(place.memory);
  }

  async #pass(pass: Pass, boxes: Tile["boxes"]): Promise<void> {
    switch (pass.kind) {
      case "gather": {
        const made = bufferOf(this.#plan, pass.output);
        const box = boxes.get(pass.output) ?? wholeBox(made.size);
        await this.#gatherInto(pass, made, rowsOfBox(box, made.size));
        return;
      }
      case "prefilter":
        await this.#prefilter(pass);
        return;
    }
  }

  /** Coefficients are computed in place, in a float32 copy of the samples. */
  async #prefilter(pass: Prefilter): Promise<void> {
    const samples = bufferOf(this.#plan, pass.source);
    if (pass.source >= this.#plan.inputs && samples.storage === "working")
      this.#places.set(pass.output, this.#place(pass.source));
    else {
      const made = bufferOf(this.#plan, pass.output);
      await this.#gatherInto(asFloats(pass), made, { from: 0, to: made.size[1] * made.size[2] });
    }
    const place = this.#place(pass.output);
    const work = prefilterWork(pass, place);
    await this.#work(work, place.memory, { first: 0, end: work.units });
  }

  /** Some rows of an intermediate. */
  async #gatherInto(pass: Gather, made: Buffer, rows: Rows): Promise<void> {
    const place = this.#room.intermediate(made, rows);
    const { memory, address, channelBytes } = place;
    await this.#gather(pass, rows, { buffer: memory.buffer, offset: address, channelBytes });
    this.#places.set(pass.output, place);
  }

  /** Rows of each channel of a pass's output, to where they belong. */
  async #gather(
    pass: Gather,
    rows: Rows,
    to: { readonly buffer: ArrayBufferLike; readonly offset: number; readonly channelBytes: number },
  ): Promise<void> {
    const made = bufferOf(this.#plan, pass.output);
    // All that is read has its place before tables and scratch areas take theirs.
    for (const source of readsOf(pass)) this.#place(source);
    const sources = new Map(pass.taps.map(({ source }) => [source, this.#place(source)]));
    const memories = new Set([...sources.values()].map(({ memory }) => memory));
    const [only = this.#room.workspace()] = memories;
    const memory = memories.size > 1 ? this.#room.workspace() : only;
    for (const [source, place] of sources)
      if (place.memory !== memory) sources.set(source, this.#room.inWorkspace(place));
    const near = (source: number): Place => sources.get(source) ?? this.#place(source);
    const [, ny, nz] = made.size;
    const work = workOf(pass, made, near, rows.from % ny === 0 && rows.to % ny === 0);
    const { bytesPerUnit = 0, rowsPerUnit = 1 } = work;
    const perChannel = (ny * nz) / rowsPerUnit;
    const [first, end] = [rows.from / rowsPerUnit, rows.to / rowsPerUnit];
    const output = { buffer: to.buffer, offset: to.offset, bytesPerUnit };
    if (end - first === perChannel) await this.#work(work, memory, { first: 0, end: work.units }, output);
    else
      for (let channel = 0; channel < made.channels; channel++) {
        const units = { first: channel * perChannel + first, end: channel * perChannel + end };
        // Channels lie closer together where only some of their rows are kept.
        const offset = to.offset + channel * (to.channelBytes - perChannel * bytesPerUnit);
        await this.#work(work, memory, units, { ...output, offset });
      }
  }

  #place(number: number): Place {
    const input = this.#inputs[number];
    const place = this.#places.get(number) ?? (input && this.#room.input(input, bufferOf(this.#plan, number)));
    if (place === undefined) return broken(`buffer ${number} holds nothing`);
    this.#places.set(number, place);
    return place;
  }

  /** Runs a kernel in `memory`, its numbers and scratch areas behind the volumes there. */
  async #work(work: Work, memory: WebAssembly.Memory, { first, end }: Units, output?: OutputPlace): Promise<void> {
    const threads = this.#pool.threadsFor(this.#options.threads);
    const perUnit = work.bytesPerUnit ?? jobBytes / 8;
    const fair = Math.ceil((end - first) / (threads * 4));
    const unitsPerJob = work.unitsPerJob ?? Math.max(1, Math.min(fair, Math.floor(jobBytes / perUnit)));
    const align = (n: number): number => Math.ceil(n / 64) * 64;
    const uniforms = this.#room.end(memory);
    const tables = align(uniforms + work.kernel.layout.bytes);
    const scratch = align(tables + work.tableBytes);
    const scratchBytes = align(work.scratchBytes + (output === undefined ? 0 : unitsPerJob * perUnit + padding));
    ensureLength(memory, scratch + threads * scratchBytes);
    work.writeTables(memory.buffer, tables);
    work.kernel.layout.write(memory.buffer, uniforms, (name) => work.valueOf(name, tables));
    const { onProgress, signal } = this.#options;
    const [done, steps] = [this.#done, this.#steps];
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
}

/** Units of a pass that are computed: from `first` on and before `end`. */
interface Units {
  readonly first: number;
  readonly end: number;
}

/** Where the rows that a kernel leaves in its scratch area belong. */
interface OutputPlace {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly bytesPerUnit: number;
}

const broken = (reason: string): never => fail({ kind: "InternalError", phase: "wasm", reason });

/** Rows are stored four voxels at a time, so the last may reach this far beyond. */
const padding = 64;

/**
 * The voxels of a result, in a memory of their own where one is large enough.
 * @throws MedImagesError `BudgetExceeded`
 */
const allocateResult = (bytes: number, view: (buffer: ArrayBufferLike) => VoxelArray): VoxelArray => {
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
