/**
 * Planes of a source that are blended along z before they are read: where z follows z alone, as when an image
 * turns within its planes, each plane of output looks at one blended plane. That halves the samples to read, and
 * the source itself is read in order, as memory likes it.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Local } from "../assembler/index.ts";
import { entry, entryBytes } from "../separable-tables.ts";
import { type Context, type F, type I32, Reader } from "./context.ts";
import { type Blend, blendHelper } from "./separable-blend.ts";

export interface PlaneShape {
  readonly by: Interpolator;
  /** What the source holds; planes hold float32. */
  readonly source: DType;
}

export class PlaneEmitter {
  readonly #f: F;
  readonly #read: Reader;
  readonly #blend: Blend;
  readonly #scratch: Local<"i32">;
  readonly #held: Local<"i32">;
  readonly #address: Local<"i32">;

  /** Planes are made at `scratch`, one after the other. */
  constructor(context: Context, f: F, uniforms: Local<"i32">, { by, source }: PlaneShape, scratch: Local<"i32">) {
    this.#f = f;
    this.#read = new Reader(f, context, uniforms);
    this.#blend = blendHelper(context, by, source);
    this.#scratch = scratch;
    this.#held = f.keep(f.i32.const(-1), "heldPlane");
    this.#address = f.keep(f.i32.const(0), "plane");
  }

  /** The address of the first voxel of plane `z` of the output's channel `channel`, which starts at `first`. */
  of(number: Local<"i32">, z: I32, first: I32): Local<"i32"> {
    const f = this.#f;
    const { i32 } = f;
    f.if(i32.ne(number, this.#held), () => {
      this.#held.set(number);
      const at = f.keep(i32.add(this.#read.i32("planeTable"), i32.mul(z, entryBytes)));
      const skipped = this.#read.i32("planeSkipped");
      f.if(
        // What needs neither blending nor converting is read where it lies.
        i32.and(this.#read.i32("planeDirect"), i32.load(at, entry.single)),
        () => this.#address.set(i32.add(first, i32.load(at, entry.offset))),
        () => {
          const from = i32.add(first, this.#read.i32("planeFrom"));
          f.call(this.#blend, { at, from, to: this.#scratch, samples: this.#read.i32("planeSamples") });
          this.#address.set(i32.sub(this.#scratch, skipped));
        },
      );
    });
    return this.#address;
  }
}
