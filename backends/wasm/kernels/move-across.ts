/**
 * Moving voxels where axes change places: neighbours in the source lie in different output rows. Taken row
 * by row each voxel would cost a cache line, so a block of rows is done together, in squares that are
 * transposed in registers.
 */
import type { Func, Local } from "../assembler/index.ts";
import type { Context, F, I32, V128 } from "./context.ts";
import { moveElement, vectorBytes, type Width } from "./move-steps.ts";

/** Elements along a cache line: rows that are done together, and the width of a block. */
export const blockRows = (width: Width): number => 64 / width;

export type Across = Func<
  { at: "i32"; rowStride: "i32"; rows: "i32"; from: "i32"; offsets: "i32"; count: "i32" },
  readonly []
>;

/**
 * Fills `rows` stretches of `count` elements, `rowStride` bytes apart. Element k of the first comes from
 * `from` + offsets[k], that of each next one from the element beside it: after it, or before it if `backward`.
 */
export const acrossHelper = ({ module }: Context, width: Width, backward: boolean): Across =>
  module.helper(
    `across${backward ? "_backward" : ""}`,
    { at: "i32", rowStride: "i32", rows: "i32", from: "i32", offsets: "i32", count: "i32" },
    [],
    (f, { at, rowStride, rows, from, offsets, count }) => {
      const { i32 } = f;
      const lanes = vectorBytes / width;
      const small = i32.or(i32.lt_s(count, lanes), i32.lt_s(rows, lanes));
      f.if(small, () => {
        const [j, k] = [f.local("i32", "j"), f.local("i32", "k")];
        f.forRange(j, 0, rows, 1, () => {
          const shift = f.keep(i32.mul(j, backward ? -width : width));
          const row = f.keep(i32.add(at, i32.mul(j, rowStride)));
          f.forRange(k, 0, count, 1, () => {
            const source = i32.add(i32.add(from, shift), i32.load(i32.add(offsets, i32.shl(k, 2))));
            moveElement(f, width, i32.add(row, i32.mul(k, width)), source);
          });
        });
        f.return();
      });
      const left = f.keep(i32.const(0), "left");
      f.while(i32.lt_s(left, count), () => {
        const right = f.keep(least(f, i32.add(left, blockRows(width)), count), "right");
        const j = f.keep(i32.const(0), "j");
        f.while(i32.lt_s(j, rows), () => {
          // The last square overlaps the one before.
          j.set(least(f, j, i32.sub(rows, lanes)));
          const row = f.keep(i32.add(at, i32.mul(j, rowStride)));
          const shift = backward ? i32.mul(i32.add(j, lanes - 1), -width) : i32.mul(j, width);
          const source = f.keep(i32.add(from, shift));
          const x = f.keep(left, "x");
          f.while(i32.lt_s(x, right), () => {
            x.set(least(f, x, i32.sub(count, lanes)));
            square(f, width, backward, {
              source,
              entry: f.keep(i32.add(offsets, i32.shl(x, 2))),
              to: f.keep(i32.add(row, i32.mul(x, width))),
              rowStride,
            });
            x.set(i32.add(x, lanes));
          });
          j.set(i32.add(j, lanes));
        });
        left.set(right);
      });
    },
  );

interface Square {
  readonly source: Local<"i32">;
  readonly entry: Local<"i32">;
  readonly to: Local<"i32">;
  readonly rowStride: Local<"i32">;
}

/** Columns come in as vectors and go out as rows. */
const square = (f: F, width: Width, backward: boolean, { source, entry, to, rowStride }: Square): void => {
  const { i32, v128 } = f;
  const lanes = vectorBytes / width;
  const columns = Array.from({ length: lanes }, (_, k) => f.keep(v128.load(i32.add(source, i32.load(entry, 4 * k)))));
  const rows = transposed(f, width, columns);
  const ordered = backward ? rows.toReversed() : rows;
  for (const [k, row] of ordered.entries()) {
    v128.store(to, row);
    if (k < lanes - 1) to.set(i32.add(to, rowStride));
  }
};

/** Interleaving the vectors of the two halves log₂ n times transposes a square of n × n elements. */
const transposed = (f: F, width: Width, vectors: readonly Local<"v128">[]): readonly Local<"v128">[] => {
  const n = vectors.length;
  let all = vectors;
  for (let done = 1; done < n; done *= 2)
    all = all.flatMap((_, k) => {
      if (k >= n / 2) return [];
      const [a, b] = [all[k], all[k + n / 2]] as [V128, V128];
      return [0, 1].map((half) => f.keep(interleaved(f, width, a, b, half)));
    });
  return all;
};

/** The elements of the lower (0) or upper (1) halves of two vectors in turn. */
const interleaved = (f: F, width: Width, a: V128, b: V128, half: number): V128 => {
  const bytes = Array.from({ length: vectorBytes }, (_, byte) => {
    const lane = Math.floor(byte / width);
    const element = Math.floor(lane / 2) + (half * (vectorBytes / width)) / 2;
    return (lane % 2) * vectorBytes + element * width + (byte % width);
  });
  return f.i8x16.shuffle(a, b, bytes);
};

const least = (f: F, a: I32, b: I32): I32 => {
  const [first, second] = [f.keep(a), f.keep(b)];
  return f.select(f.i32.lt_s(first, second), first, second);
};
