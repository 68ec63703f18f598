// A module of its own: how the engine multiplies bytes tells which kernels to load.
export function dot(a: i32, b: i32): i32 {
  return i32x4.extract_lane(
    i32x4.relaxed_dot_i8x16_i7x16_add_s(i32x4.splat(a), i32x4.splat(b), i32x4.splat(0)),
    0,
  );
}
