/**
 * The order of a channel's rows, as kernels go through them: all of a plane before the next; or in tiles of some rows
 * of some planes, so that what one row of a turned volume has looked at is still near when its neighbours do.
 */
import type { Local } from "../assembler/index.ts";
import type { F, I32, Reader } from "./context.ts";

export interface RowOrder {
  /** The y and z of the row that comes `number`-th in a channel. */
  placeOf(f: F, read: Reader, number: Local<"i32">): readonly [y: Local<"i32">, z: Local<"i32">];
}

export const lines: RowOrder = {
  placeOf: (f, read, number) => {
    const ny = read.i32("ny");
    return [f.keep(f.i32.rem_u(number, ny)), f.keep(f.i32.div_u(number, ny), "z")];
  },
};

/** What is left of `all` from the `k`-th piece on, but at most a piece. */
const rest = (f: F, all: I32, k: I32, piece: I32): Local<"i32"> => {
  const left = f.keep(f.i32.sub(all, f.i32.mul(k, piece)));
  return f.keep(f.select(f.i32.lt_s(left, piece), left, piece));
};

/** Tiles of `tileRows` rows of `tilePlanes` planes, fewer at the ends; see row-tiles.ts beside the passes. */
export const tiles: RowOrder = {
  placeOf: (f, read, number) => {
    const { i32 } = f;
    const [ny, nz, high, deep] = ["ny", "nz", "tileRows", "tilePlanes"].map((name) => read.i32(name)) as Four;
    const slab = f.keep(i32.div_u(number, i32.mul(deep, ny)));
    const planes = rest(f, nz, slab, deep);
    const inSlab = f.keep(i32.rem_u(number, i32.mul(deep, ny)));
    const strip = f.keep(i32.div_u(inSlab, i32.mul(high, planes)));
    const rows = rest(f, ny, strip, high);
    const inStrip = f.keep(i32.rem_u(inSlab, i32.mul(high, planes)));
    const y = f.keep(i32.add(i32.mul(strip, high), i32.rem_u(inStrip, rows)));
    const z = f.keep(i32.add(i32.mul(slab, deep), i32.div_u(inStrip, rows)), "z");
    return [y, z];
  },
};
type Four = [Local<"i32">, Local<"i32">, Local<"i32">, Local<"i32">];
