/**
 * Instructions that name an address: code and width in bytes, which is also the alignment promised to the engine.
 * Loads go by what they push, stores by what they take.
 */

export const loads = {
  i32: {
    "i32.load": [0x28, 4],
    "i32.load8_s": [0x2c, 1],
    "i32.load8_u": [0x2d, 1],
    "i32.load16_s": [0x2e, 2],
    "i32.load16_u": [0x2f, 2],
  },
  i64: {
    "i64.load": [0x29, 8],
    "i64.load8_s": [0x30, 1],
    "i64.load8_u": [0x31, 1],
    "i64.load16_s": [0x32, 2],
    "i64.load16_u": [0x33, 2],
    "i64.load32_s": [0x34, 4],
    "i64.load32_u": [0x35, 4],
  },
  f32: {
    "f32.load": [0x2a, 4],
  },
  f64: {
    "f64.load": [0x2b, 8],
  },
  v128: {
    "v128.load": [0xfd00, 16],
    "v128.load8x8_s": [0xfd01, 8],
    "v128.load8x8_u": [0xfd02, 8],
    "v128.load16x4_s": [0xfd03, 8],
    "v128.load16x4_u": [0xfd04, 8],
    "v128.load32x2_s": [0xfd05, 8],
    "v128.load32x2_u": [0xfd06, 8],
    "v128.load8_splat": [0xfd07, 1],
    "v128.load16_splat": [0xfd08, 2],
    "v128.load32_splat": [0xfd09, 4],
    "v128.load64_splat": [0xfd0a, 8],
    "v128.load32_zero": [0xfd5c, 4],
    "v128.load64_zero": [0xfd5d, 8],
  },
} as const;

export const stores = {
  i32: {
    "i32.store": [0x36, 4],
    "i32.store8": [0x3a, 1],
    "i32.store16": [0x3b, 2],
  },
  i64: {
    "i64.store": [0x37, 8],
    "i64.store8": [0x3c, 1],
    "i64.store16": [0x3d, 2],
    "i64.store32": [0x3e, 4],
  },
  f32: {
    "f32.store": [0x38, 4],
  },
  f64: {
    "f64.store": [0x39, 8],
  },
  v128: {
    "v128.store": [0xfd0b, 16],
  },
} as const;

/** One lane from memory, the others as they were. */
export const laneLoads = {
  "v128.load8_lane": [0xfd54, 1],
  "v128.load16_lane": [0xfd55, 2],
  "v128.load32_lane": [0xfd56, 4],
  "v128.load64_lane": [0xfd57, 8],
} as const;

/** One lane to memory. */
export const laneStores = {
  "v128.store8_lane": [0xfd58, 1],
  "v128.store16_lane": [0xfd59, 2],
  "v128.store32_lane": [0xfd5a, 4],
  "v128.store64_lane": [0xfd5b, 8],
} as const;
