/**
 * Elements as bits: what all ways of moving voxels share. An element has 1, 2, 4 or 8 bytes, and whether
 * they are an integer or a NaN with a payload makes no difference.
 */
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Local } from "../assembler/index.ts";
import type { F, I32, V128 } from "./context.ts";

/** Bytes of an element. */
export type Width = 1 | 2 | 4 | 8;
export const vectorBytes = 16;

/** A dtype of this width, for what asks for one and only measures it. */
export const unsignedOf: Readonly<Record<Width, DType>> = { 1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64" };

/** Moves one element. */
export const moveElement = (f: F, width: Width, to: I32, from: I32): void => {
  switch (width) {
    case 1:
      f.i32.store8(to, f.i32.load8_u(from));
      return;
    case 2:
      f.i32.store16(to, f.i32.load16_u(from));
      return;
    case 4:
      f.i32.store(to, f.i32.load(from));
      return;
    case 8:
      f.i64.store(to, f.i64.load(from));
      return;
  }
};

/** The elements at these addresses, as many as a vector holds. */
export const loadLanes = (f: F, width: Width, addresses: readonly I32[]): V128 => {
  const { v128 } = f;
  const [first, ...rest] = addresses as readonly [I32, ...I32[]];
  const zero = (): V128 => f.i32x4.const([0, 0, 0, 0]);
  switch (width) {
    case 1:
      return rest.reduce<V128>((all, at, k) => v128.load8_lane(at, all, k + 1), v128.load8_lane(first, zero(), 0));
    case 2:
      return rest.reduce<V128>((all, at, k) => v128.load16_lane(at, all, k + 1), v128.load16_lane(first, zero(), 0));
    case 4:
      return rest.reduce<V128>((all, at, k) => v128.load32_lane(at, all, k + 1), v128.load32_zero(first));
    case 8:
      return rest.reduce<V128>((all, at, k) => v128.load64_lane(at, all, k + 1), v128.load64_zero(first));
  }
};

/**
 * Covers `count` elements in steps of `lanes`. The last step overlaps the one before, so that nothing
 * beyond is touched; what is too short for a step is done one by one.
 */
export const inSteps = (
  f: F,
  count: Local<"i32">,
  lanes: number,
  step: (k: Local<"i32">) => void,
  single: (k: Local<"i32">) => void,
): void => {
  const { i32 } = f;
  f.if(
    i32.lt_s(count, lanes),
    () => {
      const k = f.local("i32", "k");
      f.forRange(k, 0, count, 1, () => single(k));
    },
    () => {
      const k = f.keep(i32.const(0), "k");
      const last = f.keep(i32.sub(count, lanes), "last");
      f.while(i32.lt_s(k, last), () => {
        step(k);
        k.set(i32.add(k, lanes));
      });
      k.set(last);
      step(k);
    },
  );
};
