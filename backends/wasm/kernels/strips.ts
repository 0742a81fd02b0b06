/** Strips of rows, as row-tiles.ts beside the passes orders them, for kernels whose unit they are. */
import type { Local } from "../assembler/index.ts";
import type { F, I32, Reader } from "./context.ts";

/** What is left of `all` from `from` on, but at most a piece. */
const rest = (f: F, all: I32, from: I32, piece: Local<"i32">): Local<"i32"> => {
  const left = f.keep(f.i32.sub(all, from));
  return f.keep(f.select(f.i32.lt_s(left, piece), left, piece));
};

/** Runs `then` for each row of the strip that comes `number`-th in its channel; `before` is how many rows were before. */
export const eachRowOf = (
  f: F,
  read: Reader,
  number: Local<"i32">,
  then: (row: { readonly y: Local<"i32">; readonly z: Local<"i32">; readonly before: Local<"i32"> }) => void,
): void => {
  const { i32 } = f;
  const [ny, nz, high, deep] = [read.i32("ny"), read.i32("nz"), read.i32("tileRows"), read.i32("tilePlanes")];
  const across = f.keep(i32.div_u(i32.sub(i32.add(ny, high), 1), high), "across");
  const perSlab = f.keep(i32.mul(across, deep));
  const slab = f.keep(i32.mul(i32.div_u(number, perSlab), deep), "slab");
  const inSlab = f.keep(i32.rem_u(number, perSlab));
  const planes = rest(f, nz, slab, deep);
  const first = f.keep(i32.mul(i32.div_u(inSlab, planes), high), "first");
  const z = f.keep(i32.add(slab, i32.rem_u(inSlab, planes)), "z");
  const rows = rest(f, ny, first, high);
  const before = f.local("i32", "before");
  f.forRange(before, 0, rows, 1, () => then({ y: f.keep(i32.add(first, before), "y"), z, before }));
};
