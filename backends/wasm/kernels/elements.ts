/** Voxels of any dtype as floats in lanes, and back: what is read stays as it is stored until it is in a register. */
import { type DType, dtypes } from "../../../compiler/language/voxels.ts";
import type { Code, Local } from "../assembler/index.ts";
import type { F, I32, V128 } from "./context.ts";

export const elementBytes = (dtype: DType): number => dtypes[dtype].bytes;

/** Dtypes whose x-neighbours can be loaded into lanes; 64-bit integers go the slow way. */
export type PairDType = Exclude<DType, "int64" | "uint64">;
export const hasPairs = (dtype: DType): dtype is PairDType => dtype !== "int64" && dtype !== "uint64";

/** The samples at four addresses, and those after them. */
export type Pairs = readonly [first: V128, second: V128];
export type FourAddresses = readonly [I32, I32, I32, I32];

export const loadPairs = (f: F, dtype: PairDType, addresses: FourAddresses): Pairs => {
  const { f32x4 } = f;
  switch (dtype) {
    case "float32":
      return apart(f, ...twoPairs(f, addresses));
    case "int32":
    case "uint32": {
      const [first, second] = apart(f, ...twoPairs(f, addresses));
      const convert = dtype === "int32" ? f32x4.convert_i32x4_s : f32x4.convert_i32x4_u;
      return [convert(first), convert(second)];
    }
    case "float64": {
      const four = addresses.map((address) => f32x4.demote_f64x2_zero(f.v128.load(address)));
      const [a, b, c, d] = four as [V128, V128, V128, V128];
      return apart(f, f.i64x2.shuffle(a, b, [0, 2]), f.i64x2.shuffle(c, d, [0, 2]));
    }
    case "int16":
    case "uint16":
      return narrowPairs(f, addresses, 16, dtype === "int16");
    case "int8":
    case "uint8":
      return narrowPairs(f, addresses, 8, dtype === "int8");
  }
};

/** The first and second pair, and the third and fourth. */
const twoPairs = ({ v128 }: F, [a, b, c, d]: FourAddresses): Pairs => [
  v128.load64_lane(b, v128.load64_zero(a), 1),
  v128.load64_lane(d, v128.load64_zero(c), 1),
];

/** All first and all second samples of four pairs, in shuffles that engines know as one instruction each. */
const apart = (f: F, front: V128, back: V128): Pairs => {
  const { i32x4 } = f;
  const [p, q] = [f.keep(front), f.keep(back)];
  return [i32x4.shuffle(p, q, [0, 2, 4, 6]), i32x4.shuffle(p, q, [1, 3, 5, 7])];
};

/** Pairs of small integers: all four fit into one vector, one in each lane. */
const narrowPairs = (f: F, addresses: FourAddresses, bits: 8 | 16, signed: boolean): Pairs => {
  const { i32x4, f32x4, v128 } = f;
  const all = addresses.reduce<V128>(
    (lanes, at, k) => (bits === 16 ? v128.load32_lane(at, lanes, k) : v128.load16_lane(at, lanes, 2 * k)),
    i32x4.const([0, 0, 0, 0]),
  );
  const pairs = f.keep(all);
  const low = signed
    ? i32x4.shr_s(i32x4.shl(pairs, 32 - bits), 32 - bits)
    : v128.and(pairs, i32x4.splat(2 ** bits - 1));
  const high = signed ? i32x4.shr_s(i32x4.shl(pairs, 32 - 2 * bits), 32 - bits) : i32x4.shr_u(pairs, bits);
  return [f32x4.convert_i32x4_s(low), f32x4.convert_i32x4_s(high)];
};

/** One sample as a float64, for what is computed one voxel at a time. */
export const loadScalar = (f: F, dtype: DType, address: I32, offset = 0): Code<"f64"> => {
  const { f64, i32 } = f;
  switch (dtype) {
    case "float32":
      return f64.promote_f32(f.f32.load(address, offset));
    case "float64":
      return f64.load(address, offset);
    case "int8":
      return f64.convert_i32_s(i32.load8_s(address, offset));
    case "uint8":
      return f64.convert_i32_s(i32.load8_u(address, offset));
    case "int16":
      return f64.convert_i32_s(i32.load16_s(address, offset));
    case "uint16":
      return f64.convert_i32_s(i32.load16_u(address, offset));
    case "int32":
      return f64.convert_i32_s(i32.load(address, offset));
    case "uint32":
      return f64.convert_i32_u(i32.load(address, offset));
    case "int64":
      return f64.convert_i64_s(f.i64.load(address, offset));
    case "uint64":
      return f64.convert_i64_u(f.i64.load(address, offset));
  }
};

/** Four consecutive samples as floats. */
export const loadRun = (f: F, dtype: DType, address: I32, offset = 0): V128 => {
  const { i32x4, f32x4, v128 } = f;
  switch (dtype) {
    case "float32":
      return v128.load(address, offset);
    case "int32":
      return f32x4.convert_i32x4_s(v128.load(address, offset));
    case "uint32":
      return f32x4.convert_i32x4_u(v128.load(address, offset));
    case "int16":
      return f32x4.convert_i32x4_s(v128.load16x4_s(address, offset));
    case "uint16":
      return f32x4.convert_i32x4_s(v128.load16x4_u(address, offset));
    case "int8":
      return f32x4.convert_i32x4_s(
        i32x4.extend_low_i16x8_s(f.i16x8.extend_low_i8x16_s(v128.load32_zero(address, offset))),
      );
    case "uint8":
      return f32x4.convert_i32x4_s(
        i32x4.extend_low_i16x8_u(f.i16x8.extend_low_i8x16_u(v128.load32_zero(address, offset))),
      );
    case "float64":
      return i32x4.shuffle(
        f32x4.demote_f64x2_zero(v128.load(address, offset)),
        f32x4.demote_f64x2_zero(v128.load(address, offset + 16)),
        [0, 1, 4, 5],
      );
    case "int64":
    case "uint64": {
      let all: V128 = f32x4.splat(0);
      for (let k = 0; k < 4; k++)
        all = f32x4.replace_lane(all, k, f.f32.demote_f64(loadScalar(f, dtype, address, offset + 8 * k)));
      return all;
    }
  }
};

/** Stores four floats as four voxels: integers round half up and saturate, NaN becomes 0. */
export const storeRun = (f: F, dtype: DType, address: Local<"i32">, values: V128): void => {
  const { i32x4, f32x4, v128, i16x8 } = f;
  // Adding a half and rounding down would take the number just under a half to 1.
  const whole = (): V128 => {
    const kept = f.keep(values);
    const below = f.keep(f32x4.floor(kept));
    const up = f32x4.ge(f32x4.sub(kept, below), f32x4.splat(0.5));
    return f32x4.add(below, v128.and(up, f32x4.splat(1)));
  };
  switch (dtype) {
    case "float32":
      v128.store(address, values);
      return;
    case "float64": {
      const kept = f.keep(values);
      v128.store(address, f.f64x2.promote_low_f32x4(kept));
      v128.store(address, f.f64x2.promote_low_f32x4(i32x4.shuffle(kept, kept, [2, 3, 2, 3])), 16);
      return;
    }
    case "int32":
      v128.store(address, i32x4.trunc_sat_f32x4_s(whole()));
      return;
    case "uint32":
      v128.store(address, i32x4.trunc_sat_f32x4_u(whole()));
      return;
    case "int16":
    case "uint16": {
      const words = f.keep(i32x4.trunc_sat_f32x4_s(whole()));
      const narrow = dtype === "int16" ? i16x8.narrow_i32x4_s : i16x8.narrow_i32x4_u;
      v128.store64_lane(address, narrow(words, words), 0);
      return;
    }
    case "int8":
    case "uint8": {
      const words = f.keep(i32x4.trunc_sat_f32x4_s(whole()));
      const halves = f.keep(i16x8.narrow_i32x4_s(words, words));
      const narrow = dtype === "int8" ? f.i8x16.narrow_i16x8_s : f.i8x16.narrow_i16x8_u;
      v128.store32_lane(address, narrow(halves, halves), 0);
      return;
    }
    case "int64":
    case "uint64": {
      const kept = f.keep(whole());
      for (let k = 0; k < 4; k++) {
        const lane = f32x4.extract_lane(kept, k);
        f.i64.store(address, dtype === "int64" ? f.i64.trunc_sat_f32_s(lane) : f.i64.trunc_sat_f32_u(lane), 8 * k);
      }
      return;
    }
  }
};
