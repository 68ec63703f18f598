// Group norm: groups of columns are normalised over all rows.
//
// The sums are those of differences from a pivot near the mean, so that nearly constant images keep their precision,
// in one pass over the rows. The pivot is the mean of every sixteenth row. Where the mean of `s` of `n` rows is off by
// d, the variance is at least d^2 s / n; so what is subtracted, d^2, is at most sixteen times the variance.
import { fma } from "./math";
import { int, word } from "./record";
import { GroupNormField as F } from "./tape";

/** The pivot is the mean of every row of this number. */
const SAMPLED: i32 = 16;

/** Rows that are summed in f32 before they are added in f64. */
const BLOCK: i32 = 32;

/**
 * Computes a thread's share of the columns: whole groups and whole vectors of four.
 * @param scratch eight floats for each column of the share, which is padded to four
 */
export function groupNorm(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), columns = int(record, F.Columns), groups = int(record, F.Groups);
  const width = columns / groups;
  const unit = width & 1 ? 4 * width : width & 2 ? 2 * width : width;
  const units = (columns + unit - 1) / unit;
  const from = units * thread / threads * unit, to = min(columns, units * (thread + 1) / threads * unit);
  const count = to - from, left = <usize>from << 2;
  if (count <= 0) return;

  const input = word(record, F.Input) + left, stride = word(record, F.InputStride);
  const scale = word(record, F.Scale) + left, bias = word(record, F.Bias) + left;
  // For every four columns: their sums and those of the squares, in f64.
  const totals = scratch, room = <usize>((count + 3) & ~3) << 2;
  // For every column: the pivot, in the end the mean, the factor and the shift.
  const pivots = totals + 4 * room, factors = pivots + room, shifts = factors + room;

  memory.fill(pivots, 0, room);
  // The first turn finds the pivots.
  for (let step = SAMPLED; step > 0; step -= SAMPLED - 1) {
    const height = (rows + step - 1) / step;
    sum(input, stride * step, height, count, pivots, totals);
    for (let column = 0; column < count; column += width) {
      const values = <f64>height * <f64>width;
      const shift = total(totals, column, width, 0) / values;
      const variance = max<f64>(total(totals, column, width, 32) / values - shift * shift, 0);
      const inverse = 1 / sqrt<f64>(variance + <f64>reinterpret<f32>(int(record, F.Epsilon)));
      const mean = <f64>f32.load(pivots + (<usize>column << 2)) + shift;
      const pivot = <f32>mean;
      for (let i = column; i < column + width; i++) {
        const at = <usize>i << 2;
        const factor = inverse * <f64>f32.load(scale + at);
        f32.store(pivots + at, pivot);
        f32.store(factors + at, <f32>factor);
        f32.store(shifts + at, <f32>(<f64>f32.load(bias + at) - (mean - <f64>pivot) * factor));
      }
    }
  }
  const residual = word(record, F.Residual);
  apply(
    input, stride, word(record, F.Output) + left, word(record, F.OutputStride), rows, count,
    pivots, factors, shifts, residual ? residual + left : <usize>0, word(record, F.ResidualStride), int(record, F.Relu),
  );
}

/** Sums, over all rows, of the differences from the pivots and of their squares. */
function sum(input: usize, stride: usize, rows: i32, count: i32, pivots: usize, totals: usize): void {
  memory.fill(totals, 0, <usize>((count + 3) & ~3) << 4);
  for (let top = 0; top < rows; top += BLOCK) {
    const height = min(BLOCK, rows - top);
    let into = totals;
    for (let column = 0; column < count; column += 4, into += 64) {
      const pivot = v128.load(pivots + (<usize>column << 2));
      let s = f32x4.splat(0), t = s, q = s, r = s;
      let p = input + (<usize>column << 2);
      let row = 0;
      for (; row + 2 <= height; row += 2, p += 2 * stride) {
        const d = f32x4.sub(v128.load(p), pivot), e = f32x4.sub(v128.load(p + stride), pivot);
        s = f32x4.add(s, d);
        t = f32x4.add(t, e);
        q = fma(d, d, q);
        r = fma(e, e, r);
      }
      if (row < height) {
        const d = f32x4.sub(v128.load(p), pivot);
        s = f32x4.add(s, d);
        q = fma(d, d, q);
      }
      add(into, f32x4.add(s, t));
      add(into + 32, f32x4.add(q, r));
    }
    input += <usize>BLOCK * stride;
  }
}

/** Adds a vector to totals in f64. */
function add(into: usize, v: v128): void {
  v128.store(into, f64x2.add(v128.load(into), f64x2.promote_low_f32x4(v)));
  v128.store(into, f64x2.add(v128.load(into, 16), f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1))), 16);
}

/** The sum of a group: of the differences, or, at offset 32, of their squares. */
function total(totals: usize, column: i32, width: i32, offset: usize): f64 {
  let result: f64 = 0;
  for (let i = column; i < column + width; i++) result += f64.load(totals + (<usize>(i >> 2) << 6) + (<usize>(i & 3) << 3) + offset);
  return result;
}

/** (x - pivot) * factor + shift, plus the residual, and ReLU. */
function apply(
  input: usize, stride: usize, output: usize, outputStride: usize, rows: i32, count: i32,
  pivots: usize, factors: usize, shifts: usize, residual: usize, residualStride: usize, relu: i32,
): void {
  const bytes = <usize>count << 2;
  const least = f32x4.splat(relu ? 0 : -Infinity);
  for (let row = 0; row < rows; row++, input += stride, output += outputStride) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const d = f32x4.sub(v128.load(input + at), v128.load(pivots + at));
      let y = fma(d, v128.load(factors + at), v128.load(shifts + at));
      if (residual) y = f32x4.add(y, v128.load(residual + at));
      // NaN stays NaN: see pointwise.mjs.
      v128.store(output + at, f32x4.pmax(y, least));
    }
    if (residual) residual += residualStride;
  }
}
