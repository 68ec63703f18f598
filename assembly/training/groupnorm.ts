// Gradients of group norm. With the sums over rows of differences from a pivot, of their squares, of the upstream
// gradient and of its product with the differences, the gradient of the input is linear in both for each column.
import { fma } from "../math";
import { int, word } from "../record";
import { addHigh, addLow, BLOCK } from "./sums";
import { GroupNormBackwardField as F } from "./tape";

/** The pivot is the mean of every row of this number; see ../groupnorm.ts. */
const SAMPLED: i32 = 16;

/** Bytes of the four sums, in f64, of four columns. */
const TOTALS: usize = 128;
const SQUARES: usize = 32;
const GRADIENTS: usize = 64;
const PRODUCTS: usize = 96;

/**
 * A thread's share of the columns: whole groups and whole vectors of four.
 * @param scratch twelve floats for each column of the share, which is padded to four
 */
export function groupNormBackward(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), columns = int(record, F.Columns);
  const width = columns / int(record, F.Groups);
  const unit = width & 1 ? 4 * width : width & 2 ? 2 * width : width;
  const units = (columns + unit - 1) / unit;
  const from = units * thread / threads * unit, to = min(columns, units * (thread + 1) / threads * unit);
  const count = to - from, left = <usize>from << 2;
  if (count <= 0) return;

  const vectors = (count + 3) >> 2, room = <usize>vectors << 4;
  const totals = scratch, pivots = totals + <usize>vectors * TOTALS;
  const alongs = pivots + room, differences = alongs + room, shifts = differences + room;
  const input = word(record, F.Input) + left, stride = word(record, F.InputStride);
  for (let column = 0; column < count; column += width) {
    const pivot = sampledMean(input + (<usize>column << 2), stride, rows, width);
    for (let i = column; i < column + width; i++) f32.store(pivots + (<usize>i << 2), pivot);
  }
  sum(record, left, vectors, totals, pivots);

  const values = <f64>rows * <f64>width, eps = <f64>reinterpret<f32>(int(record, F.Epsilon));
  const scale = word(record, F.Scale) + left;
  const scaleAdds = int(record, F.ScaleAdds) != 0, biasAdds = int(record, F.BiasAdds) != 0;
  const scaleSums = word(record, F.ScaleSums), biasSums = word(record, F.BiasSums);
  for (let column = 0; column < count; column += width) {
    let total: f64 = 0, squares: f64 = 0;
    for (let i = column; i < column + width; i++) {
      total += totalOf(totals, i, 0);
      squares += totalOf(totals, i, SQUARES);
    }
    const shift = total / values, inverse = 1 / sqrt<f64>(max<f64>(squares / values - shift * shift, 0) + eps);
    let mean1: f64 = 0, mean2: f64 = 0;
    for (let i = column; i < column + width; i++) {
      const at = <usize>i << 2, gradient = totalOf(totals, i, GRADIENTS);
      const product = inverse * (totalOf(totals, i, PRODUCTS) - shift * gradient);
      mean1 += <f64>f32.load(scale + at) * gradient / values;
      mean2 += <f64>f32.load(scale + at) * product / values;
      if (scaleSums) storeSum(scaleSums + left + at, product, scaleAdds);
      if (biasSums) storeSum(biasSums + left + at, gradient, biasAdds);
    }
    const difference = -inverse * inverse * mean2;
    for (let i = column; i < column + width; i++) {
      const at = <usize>i << 2;
      f32.store(alongs + at, <f32>(<f64>f32.load(scale + at) * inverse));
      f32.store(differences + at, <f32>difference);
      f32.store(shifts + at, <f32>(-mean1 * inverse - shift * difference));
    }
  }
  apply(record, left, vectors, pivots, alongs, differences, shifts);
}

@inline
function storeSum(target: usize, value: f64, adds: bool): void {
  f32.store(target, adds ? <f32>(<f64>f32.load(target) + value) : <f32>value);
}

function sampledMean(input: usize, stride: usize, rows: i32, width: i32): f32 {
  let sum: f64 = 0, count = 0;
  for (let row = 0; row < rows; row += SAMPLED, input += <usize>SAMPLED * stride) {
    for (let i = 0; i < width; i++) sum += <f64>f32.load(input + (<usize>i << 2));
    count += width;
  }
  return <f32>(sum / <f64>count);
}

/** One of the four sums of a column. */
@inline
function totalOf(totals: usize, column: i32, offset: usize): f64 {
  return f64.load(totals + <usize>(column >> 2) * TOTALS + (<usize>(column & 3) << 3) + offset);
}

/** The upstream gradient where it was passed on. */
@inline
function gradientAt(gradient: usize, masked: usize): v128 {
  const d = v128.load(gradient);
  return masked ? v128.and(d, f32x4.gt(v128.load(masked), f32x4.splat(0))) : d;
}

function sum(record: usize, left: usize, vectors: i32, totals: usize, pivots: usize): void {
  const rows = int(record, F.Rows), stride = word(record, F.InputStride);
  const gradientStride = word(record, F.GradientStride), maskedStride = word(record, F.MaskedStride);
  const masked = word(record, F.Masked);
  for (let vector = 0; vector < vectors; vector++, totals += TOTALS) {
    const at = left + (<usize>vector << 4), pivot = v128.load(pivots + (<usize>vector << 4));
    let x = word(record, F.Input) + at, gradient = word(record, F.Gradient) + at, mask = masked ? masked + at : <usize>0;
    let low = f64x2.splat(0), high = low, low2 = low, high2 = low, low3 = low, high3 = low, low4 = low, high4 = low;
    for (let row = 0; row < rows; row += BLOCK) {
      let s = f32x4.splat(0), s2 = s, s3 = s, s4 = s;
      for (let i = min(BLOCK, rows - row); i > 0; i--, x += stride, gradient += gradientStride) {
        const difference = f32x4.sub(v128.load(x), pivot), d = gradientAt(gradient, mask);
        s = f32x4.add(s, difference);
        s2 = fma(difference, difference, s2);
        s3 = f32x4.add(s3, d);
        s4 = fma(d, difference, s4);
        if (mask) mask += maskedStride;
      }
      low = addLow(low, s); high = addHigh(high, s);
      low2 = addLow(low2, s2); high2 = addHigh(high2, s2);
      low3 = addLow(low3, s3); high3 = addHigh(high3, s3);
      low4 = addLow(low4, s4); high4 = addHigh(high4, s4);
    }
    v128.store(totals, low); v128.store(totals, high, 16);
    v128.store(totals + SQUARES, low2); v128.store(totals + SQUARES, high2, 16);
    v128.store(totals + GRADIENTS, low3); v128.store(totals + GRADIENTS, high3, 16);
    v128.store(totals + PRODUCTS, low4); v128.store(totals + PRODUCTS, high4, 16);
  }
}

/** Rows of gradients have room for whole vectors. */
function apply(
  record: usize, left: usize, vectors: i32, pivots: usize, alongs: usize, differences: usize, shifts: usize,
): void {
  const rows = int(record, F.Rows), output = word(record, F.Output), residual = word(record, F.Residual);
  const masked = word(record, F.Masked);
  if (!output && !residual) return;
  for (let row = 0; row < rows; row++) {
    const x = word(record, F.Input) + left + <usize>row * word(record, F.InputStride);
    const gradient = word(record, F.Gradient) + left + <usize>row * word(record, F.GradientStride);
    const mask = masked ? masked + left + <usize>row * word(record, F.MaskedStride) : <usize>0;
    const target = output + left + <usize>row * word(record, F.OutputStride);
    const other = residual + left + <usize>row * word(record, F.ResidualStride);
    for (let at: usize = 0, end = <usize>vectors << 4; at < end; at += 16) {
      const d = gradientAt(gradient + at, mask ? mask + at : <usize>0);
      if (residual) v128.store(other + at, d);
      if (!output) continue;
      const difference = f32x4.sub(v128.load(x + at), v128.load(pivots + at));
      v128.store(target + at, fma(d, v128.load(alongs + at), fma(difference, v128.load(differences + at), v128.load(shifts + at))));
    }
  }
}
