/**
 * Runs of gradients: as other runs, in one piece, with sums and transposed taps among the passes and several
 * results. What a scatter gives is computed first, as a gather over its domain, and then given.
 */
import { fail } from "../../compiler/errors.ts";
import { nodesOf, type Scalar } from "../../compiler/language/scalar.ts";
import { dtypes, type Storage, type Voxels } from "../../compiler/language/voxels.ts";
import {
  type Buffer,
  type DisplacedScatter,
  type Gather,
  type GradientPass,
  type GradientProgram,
  type Histogram,
  isInPlace,
  type Reduce,
  type Scatter,
} from "../../compiler/plan.ts";
import { freedAfter } from "../../compiler/schedule.ts";
import type { RunOptions } from "../backend.ts";
import type { Crew, OutputPlace } from "./crew.ts";
import { checkGradientBudget, gradientRefusalOf } from "./gradient-limits.ts";
import { histogramWork, sumOfBlocks } from "./histogram-work.ts";
import { bufferOf, bytesOf, checkExact, elementsOf, type Place } from "./places.ts";
import { reduceWork, seenFrom, stripOf, sumOfStrips } from "./reduce-work.ts";
import { inPlanes, strips } from "./row-tiles.ts";
import { allocateResult, broken, Runner } from "./runner.ts";
import { type Given, isGiven, scatterWork } from "./scatter-work.ts";
import type { Work } from "./work.ts";

/** Where something is written: the start of a buffer, or a place in one. */
type Target = Omit<OutputPlace, "bytesPerUnit">;

export class GradientRun extends Runner {
  readonly #program: GradientProgram;
  readonly #results = new Map<number, Voxels>();
  /** What scatters give, where it came along with sums. */
  readonly #kept = new Map<Scatter, OwnGiven>();

  constructor(program: GradientProgram, crew: Crew, options: RunOptions) {
    super(program.plan, program.inputs, crew, options);
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
      case "displaced":
      case "within": {
        const made = bufferOf(this.#program.plan, pass.output);
        return this.displacedInto(pass, made, { from: 0, to: made.size[1] * made.size[2] });
      }
      case "displaced-scatter":
        return this.#toPlace(pass.output, async (to, made) => this.#displacedScattered(pass, to, made));
      case "gather":
        return this.#toPlace(pass.output, async (to, made) => this.#gathered(pass, to, made));
      case "scatter":
        return this.#toPlace(pass.output, async (to, made) => this.#scattered(pass, to, made));
      case "reduce":
        return this.#reduce(pass);
      case "histogram":
        return this.#histogram(pass);
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
    await write({ buffer: () => data.buffer, offset: 0 }, made);
    this.#results.set(number, { ...made.storage, data, channels: made.channels });
  }

  #intermediate(made: Buffer): { readonly place: Place; readonly to: Target } {
    const place = this.room.intermediate(made);
    return { place, to: { buffer: () => place.memory.buffer, offset: place.address } };
  }

  async #gathered(pass: Gather, to: Target, made: Buffer): Promise<void> {
    if (looksUp(pass.body)) return this.#lookedUp(pass, to, made);
    const rows = { from: 0, to: made.size[1] * made.size[2] };
    await this.gather(pass, rows, { ...to, channelBytes: bytesOf(made) / made.channels }, made);
  }

  /** What looks up in tables, which only kernels that sum can do: all floats, strip by strip. */
  async #lookedUp({ taps, regions, body, reason }: Gather, to: Target, made: Buffer): Promise<void> {
    const { size, channels } = made;
    const pass: Reduce = { kind: "reduce", output: -1, size, channels, taps, regions, totals: [], reason };
    const { memory, near } = this.#exactly(pass);
    const { place } = await this.#parts(reduceWork(pass, body, near), memory);
    const { tiles, sumBytes, rowBytes, unitBytes } = stripOf(pass, true);
    const { array } = dtypes[made.storage === "working" ? "float32" : made.storage.dtype];
    const data = new array(to.buffer(), to.offset, elementsOf(made));
    const [nx, ny, nz] = size;
    let from = place.address + sumBytes;
    for (let channel = 0; channel < channels; channel++)
      for (const { y, z, rows } of strips(size, tiles)) {
        for (let row = 0; row < rows; row++) {
          const floats = new Float32Array(place.memory.buffer, from + row * rowBytes, nx);
          const start = nx * (y + row + ny * (z + nz * channel));
          floats.forEach((value, x) => {
            data[start + x] = value;
          });
        }
        from += unitBytes;
      }
    this.room.giveBack(place.memory);
  }

  async #displacedScattered(pass: DisplacedScatter, to: Target, made: Buffer): Promise<void> {
    const { displacedScatterWork } = await import("./displaced-work.ts");
    const { memory, near } = this.together(pass);
    const work = displacedScatterWork(pass, made, bufferOf(this.#program.plan, pass.given), near);
    await this.#planes(work, memory, to, made);
  }

  async #scattered(pass: Scatter, to: Target, made: Buffer): Promise<void> {
    const given = this.#kept.get(pass) ?? (await this.#given(pass));
    await this.#planes(scatterWork(pass, made, given), given.memory, to, made);
    if (given.isOwn) this.room.giveBack(given.memory);
  }

  /** What units of planes of the output sum up, channel by channel. */
  async #planes(work: Work, memory: WebAssembly.Memory, to: Target, made: Buffer): Promise<void> {
    // Sums are float32; what is kept otherwise is converted when all are there.
    const isFloat = made.storage === "working" || made.storage.dtype === "float32";
    const own = isFloat ? undefined : this.#intermediate({ ...made, storage: "working" });
    const target = own?.to ?? to;
    const { bytesPerUnit = 0 } = work;
    const perChannel = work.units / made.channels;
    for (let channel = 0; channel < made.channels; channel++) {
      const units = { first: channel * perChannel, end: (channel + 1) * perChannel };
      await this.work(work, memory, units, { ...target, bytesPerUnit });
    }
    if (own !== undefined) this.#converted(own.place, to, made);
  }

  #converted(from: Place, to: Target, made: Buffer): void {
    const { array } = dtypes[made.storage === "working" ? "float32" : made.storage.dtype];
    const data = new array(to.buffer(), to.offset, elementsOf(made));
    const floats = new Float32Array(from.memory.buffer, from.address, elementsOf(made));
    for (let k = 0; k < floats.length; k++) data[k] = floats[k] as number;
    this.room.giveBack(from.memory);
  }

  /** The values that a scatter gives, as floats over its domain. */
  async #given(pass: Scatter): Promise<OwnGiven> {
    const { taps, regions, body, size, channels, reason } = pass;
    const rowBytes = size[0] * 4;
    const inRows = { rowBytes, unitBytes: rowBytes * size[1], tiles: inPlanes(size) };
    const tap = body.kind === "tap" ? taps[body.index] : undefined;
    if (tap !== undefined && isInPlace(tap)) {
      const place = this.place(tap.source);
      const { memory, address } = place;
      if (isGiven(pass, bufferOf(this.#program.plan, tap.source), place))
        return { memory, address, ...inRows, isOwn: false };
    }
    const { place, to } = this.#intermediate({ size, channels, storage: "working" });
    const { memory, address } = place;
    await this.#gathered({ kind: "gather", output: -1, taps, regions, body, reason }, to, {
      size,
      channels,
      storage: "working",
    });
    return { memory, address, ...inRows, isOwn: true };
  }

  async #reduce(pass: Reduce): Promise<void> {
    const { memory, near } = this.#exactly(pass);
    const companion = this.#companionOf(pass);
    const bytes = stripOf(pass, companion !== undefined);
    const { place, all } = await this.#parts(reduceWork(pass, companion?.body, near), memory);
    this.#results.set(pass.output, { ...sums, data: sumOfStrips(pass, all, bytes), channels: 1 });
    if (companion === undefined) this.room.giveBack(place.memory);
    else
      this.#kept.set(companion.scatter, {
        ...bytes,
        memory: place.memory,
        address: place.address + bytes.sumBytes,
        isOwn: true,
      });
  }

  async #histogram(pass: Histogram): Promise<void> {
    const { memory, near } = this.#exactly(pass);
    const { place, all } = await this.#parts(histogramWork(pass, near), memory);
    this.#results.set(pass.output, { ...sums, data: sumOfBlocks(pass, all), channels: 1 });
    this.room.giveBack(place.memory);
  }

  /** All that a pass computes with, in one memory. */
  #exactly(pass: Reduce | Histogram): ReturnType<Runner["together"]> {
    const { memory, near } = this.together(pass);
    for (const { source } of pass.taps) checkExact(near(source));
    return { memory, near };
  }

  /** What a kernel leaves for each of its units, one behind the other. */
  async #parts(work: Work, memory: WebAssembly.Memory): Promise<{ readonly place: Place; readonly all: Float64Array }> {
    const { units, bytesPerUnit = 0 } = work;
    const length = (units * bytesPerUnit) / 8;
    const { place, to } = this.#intermediate({ size: [length, 1, 1], channels: 1, storage: sums });
    await this.work(work, memory, { first: 0, end: units }, { ...to, bytesPerUnit });
    return { place, all: new Float64Array(place.memory.buffer, place.address, length) };
  }

  /** A scatter that gives what can be seen where a reduce looks: its values come along with the sums. */
  #companionOf(pass: Reduce): { readonly scatter: Scatter; readonly body: Scalar } | undefined {
    for (const scatter of this.#program.plan.passes) {
      if (scatter.kind !== "scatter" || scatter.body.kind === "tap" || this.#kept.has(scatter)) continue;
      const body = seenFrom(pass, scatter);
      if (body !== undefined) return { scatter, body };
    }
    return undefined;
  }
}

const looksUp = (body: Scalar): boolean => nodesOf(body).some(({ kind }) => kind === "lookup");

const sums: Storage = { dtype: "float64", rescale: { slope: 1, intercept: 0 } };

interface OwnGiven extends Given {
  /** Whether the memory is given back after use. */
  readonly isOwn: boolean;
}
