/** Single lanes in and out of a vector, by the scalar type; how many lanes there are follows from the shape in the name. */

export const extracts = {
  i32: {
    "i8x16.extract_lane_s": 0xfd15,
    "i8x16.extract_lane_u": 0xfd16,
    "i16x8.extract_lane_s": 0xfd18,
    "i16x8.extract_lane_u": 0xfd19,
    "i32x4.extract_lane": 0xfd1b,
  },
  i64: {
    "i64x2.extract_lane": 0xfd1d,
  },
  f32: {
    "f32x4.extract_lane": 0xfd1f,
  },
  f64: {
    "f64x2.extract_lane": 0xfd21,
  },
} as const;

export const replaces = {
  i32: {
    "i8x16.replace_lane": 0xfd17,
    "i16x8.replace_lane": 0xfd1a,
    "i32x4.replace_lane": 0xfd1c,
  },
  i64: {
    "i64x2.replace_lane": 0xfd1e,
  },
  f32: {
    "f32x4.replace_lane": 0xfd20,
  },
  f64: {
    "f64x2.replace_lane": 0xfd22,
  },
} as const;
