/**
 * Moving a stretch of one output row, as helpers of a module: each is called per stretch, so that the
 * engine has compiled the good version of it a few rows into the first job.
 */
import type { Func, Local } from "../assembler/index.ts";
import type { Context, F } from "./context.ts";
import { inSteps, loadLanes, moveElement, vectorBytes, type Width } from "./move-steps.ts";

/** Vectors per round where there is nothing to do but to store them. */
const unrolled = 4;

export type Fill = Func<{ at: "i32"; pattern: "i32"; count: "i32" }, readonly []>;

/** Writes `count` times the element that the 16 bytes at `pattern` repeat. */
export const fillHelper = ({ module }: Context, width: Width): Fill =>
  module.helper("fill", { at: "i32", pattern: "i32", count: "i32" }, [], (f, { at, pattern, count }) => {
    const { i32, v128 } = f;
    const all = f.keep(v128.load(pattern));
    inRounds(f, width, at, count, (offset) => v128.store(at, all, offset));
    inSteps(
      f,
      count,
      vectorBytes / width,
      (k) => v128.store(i32.add(at, i32.mul(k, width)), all),
      (k) => moveElement(f, width, i32.add(at, i32.mul(k, width)), pattern),
    );
  });

export type Forward = Func<{ at: "i32"; from: "i32"; count: "i32" }, readonly []>;

/** Copies `count` elements that lie in a row. For rows of a few kilobytes this beats the bulk instruction. */
export const forwardHelper = ({ module }: Context, width: Width): Forward =>
  module.helper("forward", { at: "i32", from: "i32", count: "i32" }, [], (f, { at, from, count }) => {
    const { i32, v128 } = f;
    inRounds(
      f,
      width,
      at,
      count,
      (offset) => v128.store(at, v128.load(from, offset), offset),
      () => from.set(i32.add(from, unrolled * vectorBytes)),
    );
    inSteps(
      f,
      count,
      vectorBytes / width,
      (k) => v128.store(i32.add(at, i32.mul(k, width)), v128.load(i32.add(from, i32.mul(k, width)))),
      (k) => moveElement(f, width, i32.add(at, i32.mul(k, width)), i32.add(from, i32.mul(k, width))),
    );
  });

/** Takes whole rounds of vectors off the front of a stretch, and leaves the rest. */
const inRounds = (
  f: F,
  width: Width,
  at: Local<"i32">,
  count: Local<"i32">,
  step: (offset: number) => void,
  advance: () => void = () => undefined,
): void => {
  const { i32 } = f;
  const bytes = unrolled * vectorBytes;
  // What is left is at least a vector long, so that none of it goes one by one.
  f.while(i32.ge_s(count, (bytes + vectorBytes) / width), () => {
    for (let k = 0; k < unrolled; k++) step(k * vectorBytes);
    at.set(i32.add(at, bytes));
    count.set(i32.sub(count, bytes / width));
    advance();
  });
};

export type Lanes = Func<{ at: "i32"; from: "i32"; offsets: "i32"; count: "i32" }, readonly []>;

/** Collects elements from anywhere: `offsets` points at the first element's distance in bytes from `from`. */
export const lanesHelper = ({ module }: Context, width: Width): Lanes =>
  module.helper(
    "lanes",
    { at: "i32", from: "i32", offsets: "i32", count: "i32" },
    [],
    (f, { at, from, offsets, count }) => {
      const { i32, v128 } = f;
      const lanes = vectorBytes / width;
      inSteps(
        f,
        count,
        lanes,
        (k) => {
          const entry = f.keep(i32.add(offsets, i32.shl(k, 2)));
          const addresses = Array.from({ length: lanes }, (_, lane) => i32.add(from, i32.load(entry, lane * 4)));
          v128.store(i32.add(at, i32.mul(k, width)), loadLanes(f, width, addresses));
        },
        (k) =>
          moveElement(
            f,
            width,
            i32.add(at, i32.mul(k, width)),
            i32.add(from, i32.load(i32.add(offsets, i32.shl(k, 2)))),
          ),
      );
    },
  );

export type Window = Func<
  { at: "i32"; from: "i32"; offsets: "i32"; starts: "i32"; masks: "i32"; count: "i32" },
  readonly []
>;

/**
 * Elements that come from within 16 bytes of each other, as in every enlargement and mirror image: one load
 * from the first of them, and a shuffle by a mask. Tables point at the stretch's first entry.
 */
export const windowHelper = ({ module }: Context, width: Width): Window =>
  module.helper(
    "window",
    { at: "i32", from: "i32", offsets: "i32", starts: "i32", masks: "i32", count: "i32" },
    [],
    (f, { at, from, offsets, starts, masks, count }) => {
      const { i32, v128, i8x16 } = f;
      inSteps(
        f,
        count,
        vectorBytes / width,
        (k) => {
          const window = v128.load(i32.add(from, i32.load(i32.add(starts, i32.shl(k, 2)))));
          const mask = v128.load(i32.add(masks, i32.shl(k, 4)));
          v128.store(i32.add(at, i32.mul(k, width)), i8x16.swizzle(window, mask));
        },
        (k) =>
          moveElement(
            f,
            width,
            i32.add(at, i32.mul(k, width)),
            i32.add(from, i32.load(i32.add(offsets, i32.shl(k, 2)))),
          ),
      );
    },
  );
