// Builds integer panels from a matrix that a file stores as int8. The integers are written to their places while
// the file is read, column by column. A complete panel becomes what quantizePanel would compute from
// `scale * q` in f32; by the rule of src/quantization/int8.ts, the integers of files made with it stay unchanged.
import { SCALE_STEPS } from "./gemm";
import { INTEGERS } from "./integer-microkernel";
import { integerSteps, spread } from "./integer-pack";
import { int8Scales, quantizeColumns } from "./integer-panels";
import { NR, PANEL_STEP } from "./microkernel";

/**
 * Integers stay what they are where their scale changes by less than this part of it: `scale * q` divided by
 * the new scale then is nearer to `q` than a half, `|q|` being 128 at most.
 */
const MOST_CHANGE: f32 = 0.001;

const BITS: i32 = 32 / INTEGERS;

/**
 * Integers `start` to `start + count` of a run of whole columns that begins at `column`, and the scales of
 * the columns that they are of.
 */
export function packInt8Panels(
  source: usize, scales: usize, count: i32, panels: usize, inner: i32, column: i32, start: u32,
): void {
  const steps = <usize>integerSteps(inner);
  const end = source + <usize>count;
  column += <i32>(start / <u32>inner);
  let k = <i32>(start % <u32>inner);
  for (; source < end; column++, scales += 4, k = 0) {
    const panel = column / NR;
    const top = panels + <usize>panel * (steps + SCALE_STEPS) * PANEL_STEP + <usize>(column - panel * NR) * 4;
    f32.store(top + steps * PANEL_STEP, f32.load(scales));
    const last = min(inner, k + <i32>(end - source));
    down(source, top, k, last);
    source += <usize>(last - k);
  }
}

/** Integers `k` to `last` of a column; those outside of whole steps one by one. */
function down(source: usize, top: usize, k: i32, last: i32): void {
  for (; k < last && (k & (INTEGERS - 1)); k++, source++) single(source, top, k);
  let target = top + <usize>(k / INTEGERS) * PANEL_STEP;
  for (; k + 4 * INTEGERS <= last; k += 4 * INTEGERS, source += 4 * INTEGERS) {
    target = spread(INTEGERS == 4 ? v128.load(source) : v128.load8x8_s(source), target, PANEL_STEP);
  }
  for (; k < last; k++, source++) single(source, top, k);
}

@inline
function single(source: usize, top: usize, k: i32): void {
  const target = top + <usize>(k / INTEGERS) * PANEL_STEP;
  const q = <i32>load<i8>(source);
  if (INTEGERS == 4) i32.store8(target + (k & 3), q);
  else i32.store16(target + ((k & 1) << 1), q);
}

/**
 * Finishes a complete panel, with the result that quantizePanel gives for `scale * q`.
 * @param scratch for a panel of f32 with `inner` rounded up to 8, and behind it what quantizePanel needs
 */
export function settleInt8Panel(panel: usize, scratch: usize, inner: i32): void {
  const rows = (inner + 7) & ~7;
  const scales = panel + <usize>integerSteps(inner) * PANEL_STEP;
  const room = scratch + <usize>rows * PANEL_STEP;
  dequantizePanel(panel, scratch, inner);
  for (let left: usize = 0; left < PANEL_STEP; left += 16) {
    const before = v128.load(scales + left);
    int8Scales(scratch + left, rows, scales + left, room);
    const change = f32x4.abs(f32x4.sub(v128.load(scales + left), before));
    const most = f32x4.mul(before, f32x4.splat(MOST_CHANGE));
    if (i32x4.all_true(f32x4.lt(change, most))) sumColumns(panel + left, scales + left);
    else quantizeColumns(scratch + left, inner, panel + left, scales + left);
  }
}

/** The sums of four columns whose integers are unchanged. */
function sumColumns(source: usize, scales: usize): void {
  let sum = i32x4.splat(0);
  for (; source < scales; source += PANEL_STEP) {
    const q = v128.load(source);
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(INTEGERS == 4 ? i16x8.extadd_pairwise_i8x16_s(q) : q));
  }
  v128.store(scales + PANEL_STEP, sum);
}

/** Dequantises a panel to f32, `[inner rounded up to 8][NR]`. */
export function dequantizePanel(panel: usize, target: usize, inner: i32): void {
  const scales = panel + <usize>integerSteps(inner) * PANEL_STEP;
  const end = target + <usize>((inner + 7) & ~7) * PANEL_STEP;
  for (; panel < scales; panel += PANEL_STEP) {
    for (let left = 32 - BITS; left >= 0; left -= BITS, target += PANEL_STEP) {
      for (let at: usize = 0; at < PANEL_STEP; at += 16) {
        const q = i32x4.shr_s(i32x4.shl(v128.load(panel + at), left), 32 - BITS);
        v128.store(target + at, f32x4.mul(f32x4.convert_i32x4_s(q), v128.load(scales + at)));
      }
    }
  }
  memory.fill(target, 0, end - target);
}
