import { fma, sum4 } from "../math";
import { firstRow } from "../gemm/pack";
import { int, word } from "../record";
import { addHigh, addLow, BLOCK, loadLanes, narrowed, storeLanes } from "./sums";
import { NormBackwardField as F } from "./tape";

/** Gradients of rows of a layer norm or an RMS norm, and what the sums over rows need of each: its mean and its inverse deviation. */
export function normBackward(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), output = word(record, F.Output);
  const eps = reinterpret<f32>(int(record, F.Epsilon)), rms = int(record, F.Rms) != 0;
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    normRowBackward(
      word(record, F.Input) + <usize>row * word(record, F.InputStride),
      word(record, F.Gradient) + <usize>row * word(record, F.GradientStride),
      output ? output + <usize>row * word(record, F.OutputStride) : <usize>0,
      word(record, F.Scale), int(record, F.Columns), eps, rms,
      word(record, F.Stats) + (<usize>row << 3),
    );
  }
}

function normRowBackward(
  x: usize, gradient: usize, output: usize, scale: usize, columns: i32, eps: f32, rms: bool, stats: usize,
): void {
  const whole = <usize>(columns & ~3) << 2, rest = columns & 3, count = <f32>columns;
  let s = f32x4.splat(0);
  for (let at: usize = 0; at < whole; at += 16) s = f32x4.add(s, v128.load(x + at));
  s = f32x4.add(s, rest ? loadLanes(x + whole, rest) : f32x4.splat(0));
  const mean: f32 = rms ? 0 : sum4(s) / count, m = f32x4.splat(mean);
  s = f32x4.splat(0);
  for (let at: usize = 0; at < whole; at += 16) {
    const d = f32x4.sub(v128.load(x + at), m);
    s = fma(d, d, s);
  }
  let sum = sum4(s);
  for (let i = 0; i < rest; i++) { const d = f32.load(x + whole + (i << 2)) - mean; sum += d * d; }
  const inverse: f32 = 1.0 / sqrt<f32>(sum / count + eps);
  f32.store(stats, mean);
  f32.store(stats, inverse, 4);
  if (!output) return;

  const f = f32x4.splat(inverse);
  let sum1 = f32x4.splat(0), sum2 = sum1;
  for (let at: usize = 0; at < whole; at += 16) {
    const t = f32x4.mul(v128.load(gradient + at), v128.load(scale + at));
    sum1 = f32x4.add(sum1, t);
    sum2 = fma(t, f32x4.mul(f32x4.sub(v128.load(x + at), m), f), sum2);
  }
  let mean1 = sum4(sum1), mean2 = sum4(sum2);
  for (let i = 0; i < rest; i++) {
    const at = whole + (<usize>i << 2), t = f32.load(gradient + at) * f32.load(scale + at);
    mean1 += t;
    mean2 += t * (f32.load(x + at) - mean) * inverse;
  }
  mean1 = rms ? 0 : mean1 / count;
  mean2 /= count;
  const m1 = f32x4.splat(mean1), m2 = f32x4.splat(mean2);
  // Rows of the output have room for whole vectors, and those of the scale and of the gradient too.
  for (let at: usize = 0; at < whole + <usize>(rest ? 16 : 0); at += 16) {
    const t = f32x4.mul(v128.load(gradient + at), v128.load(scale + at));
    const n = f32x4.mul(f32x4.sub(v128.load(x + at), m), f);
    v128.store(output + at, f32x4.mul(f32x4.sub(f32x4.sub(t, m1), f32x4.mul(n, m2)), f));
  }
}

/** Sums over rows of the gradient times the normalised value, and of the gradient. Work is split by columns. */
export function normSums(record: usize, thread: i32, threads: i32): void {
  const columns = int(record, F.Columns), jobs = (columns + 3) >> 2;
  const scaleAdds = int(record, F.ScaleAdds) != 0, biasAdds = int(record, F.BiasAdds) != 0;
  const scaleSums = word(record, F.ScaleSums), biasSums = word(record, F.BiasSums);
  const rows = int(record, F.Rows), stride = word(record, F.InputStride), gradientStride = word(record, F.GradientStride);
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const left = <usize>job << 4, count = columns - (job << 2);
    let x = word(record, F.Input) + left, gradient = word(record, F.Gradient) + left, stats = word(record, F.Stats);
    let low = f64x2.splat(0), high = low, low2 = low, high2 = low;
    for (let row = 0; row < rows; row += BLOCK) {
      let s = f32x4.splat(0), s2 = s;
      for (let i = min(BLOCK, rows - row); i > 0; i--, x += stride, gradient += gradientStride, stats += 8) {
        const d = v128.load(gradient);
        const n = f32x4.mul(f32x4.sub(v128.load(x), v128.load32_splat(stats)), v128.load32_splat(stats, 4));
        s = f32x4.add(s, d);
        s2 = fma(d, n, s2);
      }
      low = addLow(low, s);
      high = addHigh(high, s);
      low2 = addLow(low2, s2);
      high2 = addHigh(high2, s2);
    }
    if (biasSums) storeLanes(biasSums + left, narrowed(low, high), count, biasAdds);
    if (scaleSums) storeLanes(scaleSums + left, narrowed(low2, high2), count, scaleAdds);
  }
}
