/**
 * The CPU backend: each pass as WebAssembly SIMD that is compiled for its structure, run over rows of output
 * by worker threads that share memory.
 */

import { fail } from "../../compiler/errors.ts";
import { identity } from "../../compiler/language/affine.ts";
import { tap } from "../../compiler/language/scalar.ts";
import { dtypes, type Voxels } from "../../compiler/language/voxels.ts";
import { type Buffer, type Gather, type Pass, type Plan, type Prefilter, readsOf } from "../../compiler/plan.ts";
import { checkBudget, freedAfter } from "../../compiler/schedule.ts";
import type { Backend, RunOptions } from "../backend.ts";
import { workOf } from "./choose.ts";
import { addressable, allocateBacked, announce, canShare, ensureLength } from "./memory.ts";
import { bufferOf, bytesOf, elementsOf, largestSource, type Place, Places } from "./places.ts";
import { Pool, type ThreadHost } from "./pool.ts";
import { prefilterWork } from "./prefilter-work.ts";
import type { PassTask } from "./task.ts";
import { mostRegions } from "./variants.ts";
import type { Work } from "./work.ts";

/** Output of a job, in bytes: what stays in a core's own cache until it is copied out. */
const jobBytes = 2 ** 18;

export const wasmBackend = (host: ThreadHost | undefined): Backend => {
  const pool = new Pool(host);
  return {
    name: "wasm",
    run: (program, options = {}) =>
      pool.inTurn(async () => {
        const run = new Run(program.plan, program.inputs, pool, options);
        const result = await run.result();
        // Not after a failure: a thread that is being stopped may still write.
        run.end();
        return result;
      }),
  };
};

/** What keeps this backend from running a plan, in words; nothing when it can. */
export const refusalOf = (plan: Plan): string | undefined => {
  const regions = Math.max(0, ...plan.passes.map((pass) => (pass.kind === "gather" ? pass.regions.length : 0)));
  if (regions > mostRegions) return `a pass clips by ${regions} regions, over the limit of ${mostRegions}`;
  const read = new Set(plan.passes.flatMap(readsOf));
  const largest = Math.max(0, ...[...read].map((buffer) => bytesOf(bufferOf(plan, buffer))));
  return largest > largestSource
    ? `a volume of ${Math.ceil(largest / 2 ** 20)} MiB is read, and kernels reach ${largestSource / 2 ** 20} MiB`
    : undefined;
};

class Run {
  readonly #plan: Plan;
  readonly #inputs: readonly Voxels[];
  readonly #pool: Pool;
  readonly #options: RunOptions;
  readonly #room = new Places();
  readonly #places = new Map<number, Place>();
  #done = 0;

  constructor(plan: Plan, inputs: readonly Voxels[], pool: Pool, options: RunOptions) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#pool = pool;
    this.#options = options;
  }

  async result(): Promise<Voxels> {
    const { passes, result, inputs } = this.#plan;
    const handedIn = this.#inputs[result];
    if (result < inputs && handedIn !== undefined) return handedIn;
    const refusal = refusalOf(this.#plan);
    if (refusal !== undefined)
      return fail({
        kind: "BackendUnavailable",
        backend: "wasm",
        reason: refusal,
        remedy: "use the reference backend",
      });
    checkBudget(this.#plan, this.#options.memory, (buffer) => bytesOf(bufferOf(this.#plan, buffer)));
    const freed = freedAfter(this.#plan);
    for (const [k, pass] of passes.entries()) {
      this.#done = k;
      if (pass.output === result && pass.kind === "gather") return this.#last(pass);
      await this.#pass(pass);
      for (const buffer of freed[k] ?? []) this.#free(buffer);
    }
    return broken("the result was never computed");
  }

  /** Intermediates are needed no more. */
  end(): void {
    this.#room.giveBackAll();
  }

  #free(buffer: number): void {
    const place = this.#places.get(buffer);
    this.#places.delete(buffer);
    // What was filtered in place goes on under another number.
    const isUsed = [...this.#places.values()].some(({ memory }) => memory === place?.memory);
    if (place !== undefined && !isUsed) this.#room.giveBack(place.memory);
  }

  /** The pass whose output is handed out, in a buffer of its own. */
  async #last(pass: Gather): Promise<Voxels> {
    const made = bufferOf(this.#plan, pass.output);
    if (made.storage === "working") return broken("the result has no storage of its own");
    const bytes = bytesOf(made);
    const buffer = allocateBacked(bytes) ?? allocatePlain(bytes);
    await this.#gather(pass, made, { buffer, offset: 0 });
    this.#options.onProgress?.(1);
    return {
      ...made.storage,
      data: new dtypes[made.storage.dtype].array(buffer, 0, elementsOf(made)),
      channels: made.channels,
    };
  }

  async #pass(pass: Pass): Promise<void> {
    switch (pass.kind) {
      case "gather": {
        const made = bufferOf(this.#plan, pass.output);
        await this.#gatherInto(pass, made, this.#room.intermediate(made));
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
      await this.#gatherInto(asFloats(pass), made, this.#room.intermediate(made));
    }
    const place = this.#place(pass.output);
    await this.#work(prefilterWork(pass, place), place.memory);
  }

  async #gatherInto(pass: Gather, made: Buffer, place: Place): Promise<void> {
    await this.#gather(pass, made, { buffer: place.memory.buffer, offset: place.address });
    this.#places.set(pass.output, place);
  }

  async #gather(
    pass: Gather,
    made: Buffer,
    to: { readonly buffer: ArrayBufferLike; readonly offset: number },
  ): Promise<void> {
    // All that is read has its place before tables and scratch areas take theirs.
    for (const source of readsOf(pass)) this.#place(source);
    const sources = new Map(pass.taps.map(({ source }) => [source, this.#place(source)]));
    const memories = new Set([...sources.values()].map(({ memory }) => memory));
    const [only = this.#room.workspace()] = memories;
    const memory = memories.size > 1 ? this.#room.workspace() : only;
    const near = (source: number): Place => {
      const place = sources.get(source) ?? this.#place(source);
      if (place.memory === memory || !pass.taps.some((t) => t.source === source)) return place;
      const moved = this.#room.inWorkspace(bufferOf(this.#plan, source));
      new Uint8Array(memory.buffer, moved.address, moved.bytes).set(
        new Uint8Array(place.memory.buffer, place.address, place.bytes),
      );
      sources.set(source, moved);
      return moved;
    };
    const work = workOf(pass, made, near);
    await this.#work(work, memory, { ...to, bytesPerUnit: work.bytesPerUnit ?? 0 });
  }

  #place(number: number): Place {
    const input = this.#inputs[number];
    const place = this.#places.get(number) ?? (input && this.#room.input(input, bufferOf(this.#plan, number)));
    if (place === undefined) return broken(`buffer ${number} holds nothing`);
    this.#places.set(number, place);
    return place;
  }

  /** Runs a kernel in `memory`, its numbers and scratch areas behind the volumes there. */
  async #work(work: Work, memory: WebAssembly.Memory, output?: OutputPlace): Promise<void> {
    const threads = this.#pool.threadsFor(this.#options.threads);
    const perUnit = work.bytesPerUnit ?? jobBytes / 8;
    const fair = Math.ceil(work.units / (threads * 4));
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
    const passes = this.#plan.passes.length;
    const done = this.#done;
    const task: PassTask = {
      objects: { module: work.kernel.module, memory, control: this.#pool.freshControl(), output: output?.buffer },
      jobs: Math.ceil(work.units / unitsPerJob),
      units: work.units,
      unitsPerJob,
      uniforms,
      scratch,
      scratchBytes,
      bytesPerUnit: output?.bytesPerUnit ?? 0,
      offset: output?.offset ?? 0,
    };
    const report = onProgress && ((fraction: number): void => onProgress((done + fraction) / passes));
    await this.#pool.run(task, { threads, signal, onProgress: report });
  }
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

/** @throws MedImagesError `BudgetExceeded` */
const allocatePlain = (bytes: number): ArrayBufferLike => {
  try {
    const buffer = canShare ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    if (canShare) announce(buffer, bytes);
    return buffer;
  } catch (thrown) {
    return fail(
      {
        kind: "BudgetExceeded",
        what: "the result",
        needed: bytes,
        budget: addressable,
        remedy: "crop first or ask for a coarser grid",
      },
      thrown,
    );
  }
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
