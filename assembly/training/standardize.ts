// Weight standardisation of the columns of a kernel, and its gradient, four columns of a panel at a time.
import { NR, PANEL_STEP } from "../gemm/microkernel";
import { fma } from "../math";
import { int, word } from "../record";
import { addHigh, addLow, BLOCK, narrowed } from "./sums";
import { StandardizeField as F } from "./tape";

export function standardize(record: usize, backward: bool, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), columns = int(record, F.Columns);
  const panels = (columns + NR - 1) / NR;
  for (let panel = panels * thread / threads, end = panels * (thread + 1) / threads; panel < end; panel++) {
    for (let lane = 0; lane < NR; lane += 4) {
      const at = <usize>panel * rows * PANEL_STEP + (<usize>lane << 2);
      standardizeVector(record, at, rows, columns - panel * NR - lane, backward);
    }
  }
}

/** Columns of padding, those from `count` on, become 0. */
function standardizeVector(record: usize, at: usize, rows: i32, count: i32, backward: bool): void {
  const input = word(record, F.Input) + at, output = word(record, F.Output) + at;
  const gradient = backward ? word(record, F.Gradient) + at : input;
  const zero = f32x4.splat(0), number = f64x2.splat(<f64>rows);
  sums(input, input, zero, false, rows);
  const mean = narrowed(f64x2.div(low, number), f64x2.div(high, number));
  sums(input, input, mean, true, rows);
  const varianceLow = f64x2.div(low, number), varianceHigh = f64x2.div(high, number);
  const eps = f64x2.splat(<f64>reinterpret<f32>(int(record, F.Epsilon))), onVariance = int(record, F.OnVariance) != 0;
  const deviationLow = f64x2.sqrt(varianceLow), deviationHigh = f64x2.sqrt(varianceHigh);
  const divisorLow = onVariance ? f64x2.sqrt(f64x2.add(varianceLow, eps)) : f64x2.add(deviationLow, eps);
  const divisorHigh = onVariance ? f64x2.sqrt(f64x2.add(varianceHigh, eps)) : f64x2.add(deviationHigh, eps);
  const one = f64x2.splat(1);
  const inverse = narrowed(f64x2.div(one, divisorLow), f64x2.div(one, divisorHigh));

  let along = zero, less = mean;
  if (backward) {
    sums(input, gradient, mean, true, rows);
    // How the divisor changes with the deviation, times what it divides by.
    const slopeLow = f64x2.mul(divisorLow, onVariance ? divisorLow : deviationLow);
    const slopeHigh = f64x2.mul(divisorHigh, onVariance ? divisorHigh : deviationHigh);
    along = narrowed(
      f64x2.div(f64x2.div(low, number), slopeLow), f64x2.div(f64x2.div(high, number), slopeHigh),
    );
    sums(gradient, gradient, zero, false, rows);
    less = narrowed(f64x2.div(low, number), f64x2.div(high, number));
  }
  const mask = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)), adds = int(record, F.Adds) != 0;
  for (let p: usize = 0, end = <usize>rows * PANEL_STEP; p < end; p += PANEL_STEP) {
    let y = f32x4.sub(v128.load(gradient + p), less);
    if (backward) y = f32x4.sub(y, f32x4.mul(f32x4.sub(v128.load(input + p), mean), along));
    y = v128.and(f32x4.mul(y, inverse), mask);
    v128.store(output + p, adds ? f32x4.add(v128.load(output + p), y) : y);
  }
}

// The last sums, of columns 0 and 1, and of 2 and 3.
let low: v128 = f64x2.splat(0);
let high: v128 = f64x2.splat(0);

/** The sums of x - mean, where `products` times y, or times itself where y is x. */
function sums(x: usize, y: usize, mean: v128, products: bool, rows: i32): void {
  low = f64x2.splat(0);
  high = low;
  const same = x == y;
  for (let row = 0; row < rows; row += BLOCK) {
    let s = f32x4.splat(0);
    for (let i = min(BLOCK, rows - row); i > 0; i--, x += PANEL_STEP, y += PANEL_STEP) {
      const d = f32x4.sub(v128.load(x), mean);
      s = products ? fma(d, same ? d : v128.load(y), s) : f32x4.add(s, d);
    }
    low = addLow(low, s);
    high = addHigh(high, s);
  }
}
