// Sums of many rows: in f32 over a block of rows, of blocks in f64.

/** Rows that are summed in f32 before they are added in f64. */
export const BLOCK: i32 = 32;

/** Adds the lower two lanes of an f32 vector to a total. */
@inline
export function addLow(total: v128, v: v128): v128 {
  return f64x2.add(total, f64x2.promote_low_f32x4(v));
}

/** The same for the upper two. */
@inline
export function addHigh(total: v128, v: v128): v128 {
  return f64x2.add(total, f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)));
}

/** Two totals as one vector of f32. */
@inline
export function narrowed(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** Stores, or adds, the first lanes of a vector, at most four. */
@inline
export function storeLanes(target: usize, v: v128, count: i32, adds: bool): void {
  if (adds) v = f32x4.add(v, loadLanes(target, count));
  if (count >= 4) { v128.store(target, v); return; }
  f32.store(target, f32x4.extract_lane(v, 0));
  if (count > 1) f32.store(target, f32x4.extract_lane(v, 1), 4);
  if (count > 2) f32.store(target, f32x4.extract_lane(v, 2), 8);
}

/** The first lanes of a vector, at most four; the others are 0. */
@inline
export function loadLanes(source: usize, count: i32): v128 {
  if (count >= 4) return v128.load(source);
  let v = v128.load32_zero(source);
  if (count > 1) v = v128.load32_lane(source + 4, v, 1);
  if (count > 2) v = v128.load32_lane(source + 8, v, 2);
  return v;
}
