/**
 * Runs of gradients: as other runs, in one piece, with sums and transposed taps among the passes and several
 * results. What a scatter gives is computed first, as a gather over its domain, and then given.
 */
import { fail } from "../../compiler/errors.ts";
import { dtypes, type Voxels } from "../../compiler/language/voxels.ts";
import {
  type Buffer,
  domainOf,
  type Gather,
  type GradientPass,
  type GradientProgram,
  type Reduce,
  type Scatter,
} from "../../compiler/plan.ts";
import { freedAfter } from "../../compiler/schedule.ts";
import type { RunOptions } from "../backend.ts";
import { bufferOf, bytesOf, checkExact, elementsOf, type Place } from "./places.ts";
import type { Pool } from "./pool.ts";
import { reduceWork, rowLength, sumOfRows } from "./reduce-work.ts";
import { allocateResult, broken, Runner } from "./runner.ts";
import { isGiven, scatterWork } from "./scatter-work.ts";
import { checkGradientBudget, gradientRefusalOf } from "./tiles.ts";

/** Where something is written: the start of a buffer, or a place in one. */
interface Target {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
}

export class GradientRun extends Runner {
  readonly #program: GradientProgram;
  readonly #results = new Map<number, Voxels>();

  constructor(program: GradientProgram, pool: Pool, options: RunOptions) {
    super(program.plan, program.inputs, pool, options);
    this.#program = program;
    checkGradientBudget(program.plan, options.memory);
  }

  async results(): Promise<readonly Voxels[]> {
    const { plan } = this.#program;
    const { passes, inputs, results } = plan;
    const refusal = gradientRefusalOf(plan);
    if (refusal !== undefined)
      fail({ kind: "BackendUnavailable", backend: "wasm", reason: refusal, remedy: "use the reference backend" });
    const freed = freedAfter(passes, inputs, results);
    this.steps = passes.length;
    for (const [k, pass] of passes.entries()) {
      await this.#pass(pass);
      this.done++;
      for (const buffer of freed[k] ?? []) this.free(buffer);
    }
    return results.map((result) => this.#results.get(result) ?? broken(`buffer ${result} holds nothing`));
  }

  async #pass(pass: GradientPass): Promise<void> {
    switch (pass.kind) {
      case "prefilter":
        return this.prefilter(pass);
      case "gather":
        return this.#toPlace(pass.output, async (to, made) => this.#gathered(pass, to, made));
      case "scatter":
        return this.#toPlace(pass.output, async (to, made) => this.#scattered(pass, to, made));
      case "reduce":
        return this.#reduce(pass);
    }
  }

  /** Lets `write` fill a result, or an intermediate. */
  async #toPlace(number: number, write: (to: Target, made: Buffer) => Promise<void>): Promise<void> {
    const made = bufferOf(this.#program.plan, number);
    if (!this.#program.plan.results.includes(number)) {
      const { place, to } = this.#intermediate(made);
      await write(to, made);
      this.places.set(number, place);
      return;
    }
    if (made.storage === "working") return broken("a result has no storage of its own");
    const { array } = dtypes[made.storage.dtype];
    const data = allocateResult(bytesOf(made), (buffer) => new array(buffer, 0, elementsOf(made)));
    await write({ buffer: data.buffer, offset: 0 }, made);
    this.#results.set(number, { ...made.storage, data, channels: made.channels });
  }

  #intermediate(made: Buffer): { readonly place: Place; readonly to: Target } {
    const place = this.room.intermediate(made);
    return { place, to: { buffer: place.memory.buffer, offset: place.address } };
  }

  async #gathered(pass: Gather, to: Target, made: Buffer): Promise<void> {
    const rows = { from: 0, to: made.size[1] * made.size[2] };
    await this.gather(pass, rows, { ...to, channelBytes: bytesOf(made) / made.channels }, made);
  }

  async #scattered(pass: Scatter, to: Target, made: Buffer): Promise<void> {
    const given = await this.#given(pass);
    // Sums are float32; what is kept otherwise is converted when all are there.
    const sums: Buffer = { ...made, storage: "working" };
    const isFloat = made.storage === "working" || made.storage.dtype === "float32";
    const own = isFloat ? undefined : this.#intermediate(sums);
    const target = own?.to ?? to;
    const work = scatterWork(pass, made, given.place);
    const { bytesPerUnit = 0 } = work;
    const perChannel = work.units / made.channels;
    for (let channel = 0; channel < made.channels; channel++) {
      const units = { first: channel * perChannel, end: (channel + 1) * perChannel };
      await this.work(work, given.place.memory, units, { ...target, bytesPerUnit });
    }
    if (own !== undefined) this.#converted(own.place, to, made);
    if (given.isOwn) this.room.giveBack(given.place.memory);
  }

  #converted(from: Place, to: Target, made: Buffer): void {
    const { array } = dtypes[made.storage === "working" ? "float32" : made.storage.dtype];
    const data = new array(to.buffer, to.offset, elementsOf(made));
    const floats = new Float32Array(from.memory.buffer, from.address, elementsOf(made));
    for (let k = 0; k < floats.length; k++) data[k] = floats[k] as number;
    this.room.giveBack(from.memory);
  }

  /** The values that a scatter gives, as floats over its domain. */
  async #given(pass: Scatter): Promise<{ readonly place: Place; readonly isOwn: boolean }> {
    const { taps, regions, body, size, channels, reason } = pass;
    const tap = body.kind === "tap" ? taps[body.index] : undefined;
    const isCopy = tap?.class === "copy" && tap.pull.linear.every((e, k) => e === (k % 4 === 0 ? 1 : 0));
    if (tap !== undefined && isCopy && tap.pull.offset.every((e) => e === 0)) {
      const place = this.place(tap.source);
      if (isGiven(pass, bufferOf(this.#program.plan, tap.source), place)) return { place, isOwn: false };
    }
    const made: Buffer = { size, channels, storage: "working" };
    const { place, to } = this.#intermediate(made);
    await this.#gathered({ kind: "gather", output: -1, taps, regions, body, reason }, to, made);
    return { place, isOwn: true };
  }

  async #reduce(pass: Reduce): Promise<void> {
    const { memory, near } = this.together(pass);
    for (const { source } of pass.taps) checkExact(near(source));
    const work = reduceWork(pass, near);
    const { size, channels } = domainOf(pass, this.#program.plan.buffers);
    const length = rowLength(pass) * size[1] * size[2] * channels;
    const { place, to } = this.#intermediate({
      size: [length, 1, 1],
      channels: 1,
      storage: { dtype: "float64", rescale: { slope: 1, intercept: 0 } },
    });
    await this.work(work, memory, { first: 0, end: work.units }, { ...to, bytesPerUnit: work.bytesPerUnit ?? 0 });
    const data = sumOfRows(pass, new Float64Array(place.memory.buffer, place.address, length));
    this.room.giveBack(place.memory);
    this.#results.set(pass.output, { dtype: "float64", rescale: { slope: 1, intercept: 0 }, data, channels: 1 });
  }
}
