// The left-hand side of an integer product. Each row is quantised with the finest scale that covers its
// values. Layout: [tile][step][row of tile], where a step is 32 bits with two or four neighbours of k
// (INTEGERS); then a step of f32 scales and one of zero points. A partial last step is padded with zeros.
import { Quantization } from "../tape";
import { INTEGERS, INTEGER_MR, STEPS } from "./integer-microkernel";
import { SCALE_STEPS } from "./gemm";
import { packedRow, tileRows } from "./pack";

const CONSTANTS: usize = memory.data<f32>([
  12582912.0, // 1.5 * 2^23: adding it rounds half to even and leaves the integer in the low bits
], 16);
const MAGIC_BITS: i32 = 0x4B400000;

/** The smallest magnitude assumed for a row, so that its inverse is finite. */
const LEAST: f32 = 1e-30;

/** Steps of a row of `columns` values. */
@inline
export function integerSteps(columns: i32): i32 {
  return (columns + INTEGERS * STEPS - 1) / (INTEGERS * STEPS) * STEPS;
}

/** Quantises and packs row `row` of `rows`. A NaN makes the row's scale NaN, and so its products. */
export function packIntegerRow(
  source: usize, packed: usize, row: i32, rows: i32, columns: i32, quantization: i32,
): void {
  const end = source + <usize>columns * 4;
  const end8 = source + <usize>(columns & ~7) * 4;
  // The range of the row, which always includes 0.
  let low4 = f32x4.splat(0), high4 = low4, low4b = low4, high4b = low4, unordered = low4;
  let p = source;
  for (; p < end8; p += 32) {
    const v = v128.load(p), w = v128.load(p, 16);
    low4 = f32x4.pmin(low4, v);
    low4b = f32x4.pmin(low4b, w);
    high4 = f32x4.pmax(high4, v);
    high4b = f32x4.pmax(high4b, w);
    unordered = v128.or(unordered, f32x4.ne(f32x4.add(v, w), f32x4.add(v, w)));
  }
  low4 = f32x4.pmin(low4, low4b);
  high4 = f32x4.pmax(high4, high4b);
  let low = min(min(f32x4.extract_lane(low4, 0), f32x4.extract_lane(low4, 1)), min(f32x4.extract_lane(low4, 2), f32x4.extract_lane(low4, 3)));
  let high = max(max(f32x4.extract_lane(high4, 0), f32x4.extract_lane(high4, 1)), max(f32x4.extract_lane(high4, 2), f32x4.extract_lane(high4, 3)));
  let nan = v128.any_true(unordered);
  for (; p < end; p += 4) {
    const x = f32.load(p);
    low = min(low, x);
    high = max(high, x);
    if (x != x) nan = true;
  }

  let scale: f32, inverse: f32, zero: i32, least: i32, most: i32;
  if (quantization == Quantization.Int16) {
    const range = max(max(high, -low), LEAST);
    scale = range / 2047;
    inverse = 2047 / range;
    zero = 0; least = -2047; most = 2047;
  } else {
    const range = max(high - low, LEAST);
    scale = range / 127;
    inverse = 127 / range;
    zero = nan ? 0 : <i32>nearest<f32>(-low * inverse);
    least = 0; most = 127;
  }

  const height = <usize>tileRows(row, rows, INTEGER_MR) * 4;
  const steps = integerSteps(columns);
  let target = packedRow(packed, row, steps + SCALE_STEPS, INTEGER_MR);
  const factor = f32x4.splat(inverse), offset = i32x4.splat(MAGIC_BITS - zero);
  p = source;
  if (INTEGERS == 4) {
    const most16 = i8x16.splat(<i8>most);
    for (const end16 = source + <usize>(columns & ~15) * 4; p < end16; p += 64) {
      const low = i16x8.narrow_i32x4_s(round4(p, factor, offset), round4(p + 16, factor, offset));
      const high = i16x8.narrow_i32x4_s(round4(p + 32, factor, offset), round4(p + 48, factor, offset));
      target = spread(i8x16.min_u(i8x16.narrow_i16x8_u(low, high), most16), target, height);
    }
  } else {
    const least8 = i16x8.splat(<i16>least), most8 = i16x8.splat(<i16>most);
    for (; p < end8; p += 32) {
      const both = i16x8.narrow_i32x4_s(round4(p, factor, offset), round4(p + 16, factor, offset));
      target = spread(i16x8.min_s(i16x8.max_s(both, least8), most8), target, height);
    }
  }
  for (let step = <i32>((p - source) >> 2) / INTEGERS; step < steps; step++, target += height) {
    let word: i32 = 0;
    for (let i = 0; i < INTEGERS && p < end; i++, p += 4) {
      const rounded = reinterpret<i32>(f32.load(p) * inverse + f32.load(CONSTANTS)) - (MAGIC_BITS - zero);
      const clamped = min(max(rounded, least), most);
      word |= INTEGERS == 4 ? clamped << (i << 3) : (clamped & 0xFFFF) << (i << 4);
    }
    i32.store(target, word);
  }
  f32.store(target, nan ? NaN : scale);
  i32.store(target + height, zero);
}

/** Rounds four values times a factor to integers. Multiplication and addition must not be fused. */
@inline
function round4(p: usize, factor: v128, offset: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(v128.load(p), factor), v128.load32_splat(CONSTANTS)), offset);
}

/** Stores four steps, `height` bytes apart. Returns the address of the next. */
@inline
export function spread(v: v128, target: usize, height: usize): usize {
  v128.store32_lane(target, v, 0);
  v128.store32_lane(target + height, v, 1);
  target += height * 2;
  v128.store32_lane(target, v, 2);
  v128.store32_lane(target + height, v, 3);
  return target + height * 2;
}
