// Quantises the right-hand side of a product: an f32 panel (see panels.ts) becomes a panel of integers,
// [step][column of panel], followed by a step of f32 scales and one of column sums. Both rules are
// bit-identical to those of src/quantization/ (int8.ts and int16.ts).
import { Quantization } from "../tape";
import { INTEGERS } from "./integer-microkernel";
import { integerSteps } from "./integer-pack";
import { NR, PANEL_STEP } from "./microkernel";

/** The left side's largest magnitude times the right side's absolute sum must stay below 2^31. */
const MOST_LEFT: f64 = 2047;
const MOST_SUM: f64 = 2147483647.0;

/** 2^-20 */
const TOLERANCE: f64 = 9.5367431640625e-7;

const CONSTANTS: usize = memory.data<f64>([
  0.5,
  6755399441055744.0, // 1.5 * 2^52: adding it leaves an integer in the low bits
], 16);

/**
 * Quantises one panel.
 * @param source [inner rounded up to 8][NR] in f32, with the extra rows 0
 * @param scratch 16 bytes a row
 */
export function quantizePanel(source: usize, target: usize, scratch: usize, inner: i32, quantization: i32): void {
  const rows = (inner + 7) & ~7;
  const scales = target + <usize>integerSteps(inner) * PANEL_STEP;
  for (let left: usize = 0; left < PANEL_STEP; left += 16) {
    if (quantization == Quantization.Int16) int16Scales(source + left, rows, scales + left);
    else int8Scales(source + left, rows, scales + left, scratch);
    quantizeColumns(source + left, inner, target + left, scales + left);
  }
}

/** The scales of four columns: the largest magnitude becomes 1023, or less where sums could overflow. */
function int16Scales(source: usize, rows: i32, scales: usize): void {
  let largest = f32x4.splat(0);
  let sum0 = f64x2.splat(0), sum1 = f64x2.splat(0);
  for (let p = source, end = source + <usize>rows * PANEL_STEP; p < end; p += PANEL_STEP) {
    const a = f32x4.abs(v128.load(p));
    largest = f32x4.max(largest, a);
    sum0 = f64x2.add(sum0, f64x2.promote_low_f32x4(a));
    sum1 = f64x2.add(sum1, f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1)));
  }
  // Rounding adds at most 0.5 to each magnitude.
  const room = MOST_SUM / MOST_LEFT - <f64>(rows >> 1) - 1;
  storeScale(scales, int16Scale(f32x4.extract_lane(largest, 0), f64x2.extract_lane(sum0, 0), room));
  storeScale(scales + 4, int16Scale(f32x4.extract_lane(largest, 1), f64x2.extract_lane(sum0, 1), room));
  storeScale(scales + 8, int16Scale(f32x4.extract_lane(largest, 2), f64x2.extract_lane(sum1, 0), room));
  storeScale(scales + 12, int16Scale(f32x4.extract_lane(largest, 3), f64x2.extract_lane(sum1, 1), room));
}

@inline
function int16Scale(largest: f32, sum: f64, room: f64): f32 {
  return <f32>max<f64>(<f64>largest / 1023, sum / room);
}

/** A NaN or infinite scale becomes NaN, and so do the column's products. */
@inline
function storeScale(target: usize, scale: f32): void {
  f32.store(target, scale < Infinity ? scale : NaN);
}

/** The scales of four columns. Group sums are kept in scratch, [group][4], in f32. */
export function int8Scales(source: usize, rows: i32, scales: usize, scratch: usize): void {
  let high = f32x4.splat(0), low = high, top = high;
  const end = scratch + <usize>rows * 4;
  for (let g = scratch, p = source; g < end; g += 32, p += 8 * PANEL_STEP) {
    const v0 = v128.load(p), v1 = v128.load(p, NR * 4), v2 = v128.load(p, NR * 8), v3 = v128.load(p, NR * 12);
    const v4 = v128.load(p, NR * 16), v5 = v128.load(p, NR * 20), v6 = v128.load(p, NR * 24), v7 = v128.load(p, NR * 28);
    high = f32x4.pmax(high, f32x4.pmax(f32x4.pmax(f32x4.pmax(v0, v1), f32x4.pmax(v2, v3)), f32x4.pmax(f32x4.pmax(v4, v5), f32x4.pmax(v6, v7))));
    low = f32x4.pmin(low, f32x4.pmin(f32x4.pmin(f32x4.pmin(v0, v1), f32x4.pmin(v2, v3)), f32x4.pmin(f32x4.pmin(v4, v5), f32x4.pmin(v6, v7))));
    const s0 = f32x4.add(f32x4.add(f32x4.abs(v0), f32x4.abs(v1)), f32x4.add(f32x4.abs(v4), f32x4.abs(v5)));
    const s1 = f32x4.add(f32x4.add(f32x4.abs(v2), f32x4.abs(v3)), f32x4.add(f32x4.abs(v6), f32x4.abs(v7)));
    v128.store(g, s0);
    v128.store(g, s1, 16);
    top = f32x4.max(top, f32x4.max(s0, s1));
  }
  v128.store(end, high);
  v128.store(end, low, 16);
  v128.store(end, top, 32);
  for (let lane: usize = 0; lane < 16; lane += 4) {
    const at = end + lane;
    const scale = int8Scale(source + lane, scratch + lane, end, <f64>f32.load(at), <f64>f32.load(at, 16), f32.load(at, 32));
    storeScale(scales + lane, scale);
  }
}

/**
 * See chooseScale in src/quantization/int8.ts. Only groups whose sum is near the largest can determine the
 * scale; they are listed first.
 * @param sums of the groups, 16 bytes apart, up to `end`; scratch for the list follows
 * @param top the largest of them; all are approximate
 */
function int8Scale(source: usize, sums: usize, end: usize, high: f64, low: f64, top: f32): f32 {
  if (!(top < Infinity)) return NaN;
  const largest = max<f64>(high, -low);
  if (!(largest > 0)) return 0;
  const least = <f32>(253.99 * max<f64>(largest / 127.5, <f64>top / 258));
  const list = end + 48;
  let last = list;
  if (top >= least) {
    for (let group: u32 = 0, p = sums; p < end; group++, p += 16) {
      if (f32.load(p) < least) continue;
      store<u32>(last, group);
      last += 4;
    }
  }
  let sum: f64 = 0;
  for (let p = list; p < last; p += 4) sum = max<f64>(sum, groupSum(source, load<u32>(p)));

  const plain = <f32>max<f64>(largest / 127, sum / 256);
  let below: f64 = max<f64>(largest / 127.5, sum / 258) * (1 - TOLERANCE);
  let above: f64 = <f64><f32>(max<f64>(largest / 127, sum / 254) * (1 + TOLERANCE));
  let scale = <f64>plain;
  while (scale > below && scale < above) {
    const magnitude = max<f64>(quantized(high, scale), -quantized(low, scale));
    let rounded: f64 = 0;
    for (let p = list; p < last; p += 4) rounded = max<f64>(rounded, roundedGroupSum(source, load<u32>(p), scale));
    if (magnitude > 127 || rounded > 256) below = scale;
    else if (magnitude == 127 || rounded == 256) return <f32>scale;
    else above = scale;
    scale = <f64><f32>((below + above) / 2);
  }
  return <f32>above;
}

@inline
function quantized(weight: f64, scale: f64): f64 {
  return Math.floor(weight / scale + 0.5);
}

/** The address of a group's first weight. Of each eight rows, 0 1 4 5 form one group and 2 3 6 7 the other. */
@inline
function groupStart(source: usize, group: u32): usize {
  return source + (<usize>(group >> 1) * 8 + <usize>(group & 1) * 2) * PANEL_STEP;
}

function groupSum(source: usize, group: u32): f64 {
  const p = groupStart(source, group);
  const first = Math.abs(<f64>f32.load(p)) + Math.abs(<f64>f32.load(p, NR * 4));
  return first + Math.abs(<f64>f32.load(p, NR * 16)) + Math.abs(<f64>f32.load(p, NR * 20));
}

function roundedGroupSum(source: usize, group: u32, scale: f64): f64 {
  const p = groupStart(source, group);
  return Math.abs(quantized(<f64>f32.load(p), scale)) + Math.abs(quantized(<f64>f32.load(p, NR * 4), scale)) +
    Math.abs(quantized(<f64>f32.load(p, NR * 16), scale)) + Math.abs(quantized(<f64>f32.load(p, NR * 20), scale));
}

/** Quantises four columns; the column sums follow the scales. */
export function quantizeColumns(source: usize, inner: i32, target: usize, scales: usize): void {
  const scale = v128.load(scales);
  // A column of zeros has scale 0; any nonzero divisor keeps it zero.
  const divisor = v128.bitselect(scale, f32x4.splat(1), f32x4.gt(scale, f32x4.splat(0)));
  const divisor0 = f64x2.promote_low_f32x4(divisor);
  const divisor1 = f64x2.promote_low_f32x4(v128.shuffle<i64>(divisor, divisor, 1, 1));
  let sum = i32x4.splat(0);
  for (; target < scales; target += PANEL_STEP) {
    let word = i32x4.splat(0);
    if (INTEGERS == 4) {
      const q0 = quantized4(source, divisor0, divisor1), q1 = quantized4(source + PANEL_STEP, divisor0, divisor1);
      const q2 = quantized4(source + 2 * PANEL_STEP, divisor0, divisor1), q3 = quantized4(source + 3 * PANEL_STEP, divisor0, divisor1);
      sum = i32x4.add(sum, i32x4.add(i32x4.add(q0, q1), i32x4.add(q2, q3)));
      const mask = i32x4.splat(0xFF);
      word = v128.or(
        v128.or(v128.and(q0, mask), i32x4.shl(v128.and(q1, mask), 8)),
        v128.or(i32x4.shl(v128.and(q2, mask), 16), i32x4.shl(q3, 24)),
      );
    } else {
      const q0 = quantized4(source, divisor0, divisor1), q1 = quantized4(source + PANEL_STEP, divisor0, divisor1);
      sum = i32x4.add(sum, i32x4.add(q0, q1));
      word = v128.or(v128.and(q0, i32x4.splat(0xFFFF)), i32x4.shl(q1, 16));
    }
    v128.store(target, word);
    source += <usize>INTEGERS * PANEL_STEP;
  }
  v128.store(scales + PANEL_STEP, sum);
}

@inline
function quantized4(p: usize, divisor0: v128, divisor1: v128): v128 {
  const v = v128.load(p);
  const half = v128.load64_splat(CONSTANTS), magic = v128.load64_splat(CONSTANTS, 8);
  const low = f64x2.floor(f64x2.add(f64x2.div(f64x2.promote_low_f32x4(v), divisor0), half));
  const high = f64x2.floor(f64x2.add(f64x2.div(f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)), divisor1), half));
  return v128.shuffle<i32>(f64x2.add(low, magic), f64x2.add(high, magic), 0, 2, 4, 6);
}
