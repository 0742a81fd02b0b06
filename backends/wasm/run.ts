/** A run of a plan: tile after tile, pass after pass, and the result in a buffer of its own. */
import { fail } from "../../compiler/errors.ts";
import { product } from "../../compiler/language/vector.ts";
import { dtypes, type Voxels } from "../../compiler/language/voxels.ts";
import type { Pass, Plan } from "../../compiler/plan.ts";
import { freedAfter } from "../../compiler/schedule.ts";
import { rowsOfBox, volumeOf, wholeBox } from "../../compiler/tile.ts";
import type { RunOptions } from "../backend.ts";
import type { Crew, OutputPlace } from "./crew.ts";
import { bufferOf, bytesOf, elementsOf, small } from "./places.ts";
import { allocateResult, broken, Runner } from "./runner.ts";
import { type Reach, refusalOf, type Tile, tilesOfPlan } from "./tiles.ts";

export class Run extends Runner {
  readonly #plan: Plan;
  readonly #inputs: readonly Voxels[];
  readonly #options: RunOptions;
  readonly #reach: Reach;

  constructor(plan: Plan, inputs: readonly Voxels[], crew: Crew, options: RunOptions, reach: Reach) {
    super(plan, inputs, crew, options);
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
    this.steps = tiles.length * passes.length;
    const [tile] = tiles;
    const isSmall = tiles.length === 1 && bytesOf(made) < small;
    const data = isSmall
      ? new array(elementsOf(made))
      : allocateResult(bytesOf(made), (buffer) => new array(buffer, 0, elementsOf(made)));
    if (isSmall && tile !== undefined) {
      // Threads know the workspace; to show them a buffer of its own takes longer than to copy a small result there.
      const { memory, start, bytes } = this.room.intermediate(made);
      await this.#tile(tile, { buffer: () => memory.buffer, offset: start }, true);
      new Uint8Array(data.buffer).set(new Uint8Array(memory.buffer, start, bytes));
    } else
      for (const each of tiles) await this.#tile(each, { buffer: () => data.buffer, offset: 0 }, tiles.length === 1);
    this.#options.onProgress?.(1);
    return { ...made.storage, data, channels: made.channels };
  }

  /** Computes the rows of a tile, and before them what they need; `only` if there is no other tile. */
  async #tile({ rows, boxes }: Tile, to: Omit<OutputPlace, "bytesPerUnit">, only: boolean): Promise<void> {
    const { passes, result, inputs } = this.#plan;
    const freed = freedAfter(passes, inputs, [result]);
    this.#choosePlaces(boxes);
    for (const [k, pass] of passes.entries()) {
      // What all tiles need as a whole was computed for the first.
      if (pass.output !== result && !this.places.has(pass.output)) await this.#pass(pass, boxes);
      if (pass.output === result && pass.kind === "gather")
        await this.gather(pass, rows, { ...to, channelBytes: this.#channelBytes(result) });
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
