/**
 * The CPU backend: each pass as WebAssembly SIMD that is compiled for its structure, run over rows of output
 * by worker threads that share memory.
 */

import { fail } from "../../compiler/errors.ts";
import { product } from "../../compiler/language/vector.ts";
import { dtypes, type Voxels } from "../../compiler/language/voxels.ts";
import type { Pass, Plan } from "../../compiler/plan.ts";
import { freedAfter } from "../../compiler/schedule.ts";
import { rowsOfBox, volumeOf, wholeBox } from "../../compiler/tile.ts";
import type { Backend, RunOptions } from "../backend.ts";
import { bufferOf, bytesOf, elementsOf } from "./places.ts";
import { Pool, type ThreadHost } from "./pool.ts";
import { allocateResult, broken, Runner } from "./runner.ts";
import { addressReach, type Reach, refusalOf, type Tile, tilesOfPlan } from "./tiles.ts";

/** `reach` is what kernels may be given to read; less than they can address is for tests. */
export const wasmBackend = (host: ThreadHost | undefined, reach: Reach = addressReach): Backend => {
  const pool = new Pool(host);
  return {
    name: "wasm",
    runGradient: (program, options = {}) =>
      pool.inTurn(async () => {
        // Loaded when first asked for, as all that takes gradients.
        const { GradientRun } = await import("./gradient-run.ts");
        const run = new GradientRun(program, pool, options);
        const results = await run.results();
        run.end();
        return results;
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

class Run extends Runner {
  readonly #plan: Plan;
  readonly #inputs: readonly Voxels[];
  readonly #options: RunOptions;
  readonly #reach: Reach;

  constructor(plan: Plan, inputs: readonly Voxels[], pool: Pool, options: RunOptions, reach: Reach) {
    super(plan, inputs, pool, options);
    this.#plan = plan;
    this.#inputs = inputs;
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
    this.steps = tiles.length * passes.length;
    for (const tile of tiles) await this.#tile(tile, data.buffer, tiles.length === 1);
    this.#options.onProgress?.(1);
    return {
      ...made.storage,
      data,
      channels: made.channels,
    };
  }

  /** Computes the rows of a tile, and before them what they need; `only` if there is no other tile. */
  async #tile({ rows, boxes }: Tile, to: ArrayBufferLike, only: boolean): Promise<void> {
    const { passes, result, inputs } = this.#plan;
    const freed = freedAfter(passes, inputs, [result]);
    this.#choosePlaces(boxes);
    for (const [k, pass] of passes.entries()) {
      // What all tiles need as a whole was computed for the first.
      if (pass.output !== result && !this.places.has(pass.output)) await this.#pass(pass, boxes);
      if (pass.output === result && pass.kind === "gather")
        await this.gather(pass, rows, { buffer: to, offset: 0, channelBytes: this.#channelBytes(result) });
      this.done++;
      if (only) for (const buffer of freed[k] ?? []) this.free(buffer);
    }
    if (only) return;
    for (const buffer of boxes.keys())
      if (buffer < inputs ? this.#isPart(buffer) : !this.#isWhole(buffer, boxes)) this.free(buffer);
    this.room.keepOnly([...this.places.values()]);
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
        this.places.set(buffer, this.room.part(input, bufferOf(this.#plan, buffer), box));
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

  async #pass(pass: Pass, boxes: Tile["boxes"]): Promise<void> {
    switch (pass.kind) {
      case "gather": {
        const made = bufferOf(this.#plan, pass.output);
        const box = boxes.get(pass.output) ?? wholeBox(made.size);
        await this.gatherInto(pass, made, rowsOfBox(box, made.size));
        return;
      }
      case "prefilter":
        await this.prefilter(pass);
        return;
      case "displaced":
      case "within": {
        const made = bufferOf(this.#plan, pass.output);
        const box = boxes.get(pass.output) ?? wholeBox(made.size);
        await this.displacedInto(pass, made, rowsOfBox(box, made.size));
        return;
      }
    }
  }
}
