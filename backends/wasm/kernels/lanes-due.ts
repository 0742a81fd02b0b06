/**
 * Which voxels of a block a sink is to take that must take each of a stretch once: blocks may overlap, or reach beyond
 * the stretch. Between the ends of a run all count, which costs nothing to say.
 */
import type { Local } from "../assembler/index.ts";
import type { F, V128 } from "./context.ts";
import type { Blocks } from "./rows.ts";

const all = [-1, -1, -1, -1] as const;

/** For the stretch that the loop goes through with x and that ends before `stop`. */
export class LanesDue {
  readonly #f: F;
  readonly #x: Local<"i32">;
  readonly #stop: Local<"i32">;
  readonly #blocks: Blocks;
  readonly #mask: Local<"v128">;

  constructor(f: F, x: Local<"i32">, stop: Local<"i32">, blocks: Blocks) {
    this.#f = f;
    this.#x = x;
    this.#stop = stop;
    this.#blocks = blocks;
    // One voxel at a time all lanes hold it: the first counts.
    this.#mask = f.keep(f.i32x4.const(blocks.step === 4 ? all : [-1, 0, 0, 0]), "isDue");
  }

  startRun(due: Local<"i32">): void {
    if (this.#blocks.overlap) this.#mask.set(this.#f.i32x4.ge_s(this.#places(), this.#f.i32x4.splat(due)));
  }

  /** The lanes of the block at x. */
  mask(): Local<"v128"> {
    const { step, overlap } = this.#blocks;
    if (step === 4 && !overlap) this.#mask.set(this.#f.i32x4.lt_s(this.#places(), this.#f.i32x4.splat(this.#stop)));
    return this.#mask;
  }

  /** After a block: only the first of a run can overlap others. */
  next(): void {
    if (this.#blocks.overlap) this.#mask.set(this.#f.i32x4.const(all));
  }

  #places(): V128 {
    return this.#f.i32x4.add(this.#f.i32x4.splat(this.#x), this.#f.i32x4.const([0, 1, 2, 3]));
  }
}
