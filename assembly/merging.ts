// Token merging (Bolya et al. 2023): which tokens become one, and their means. See src/program/ops/match-tokens.ts.
import { firstRow } from "./gemm/pack";
import { NR, PANEL_STEP } from "./gemm/microkernel";
import { fma, sum4 } from "./math";
import { int, word } from "./record";
import { DirectionField as D, MatchField as M, MergeField as F, Opcode, TokenRowsField as R } from "./tape";

export function mergeStep(record: usize, thread: i32, threads: i32): void {
  switch (int(record, 0)) {
    case Opcode.KeyDirections: return keyDirections(record, thread, threads);
    case Opcode.MatchTokens: return matchTokens(record, thread, threads);
    case Opcode.PlaceTokens: return placeTokens(record, thread);
    case Opcode.MergeTokens: return mergeTokens(record, thread, threads);
    case Opcode.LogSizes: return logSizes(record, thread, threads);
    default: unreachable();
  }
}

/** The mean of the keys of all heads, of length 1, padded with zeros to vectors, for a thread's share of the tokens. */
function keyDirections(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, D.Rows), heads = int(record, D.Heads);
  const bytes = word(record, D.Columns) << 2, whole = bytes & ~15, padded = (bytes + 15) & ~15;
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    let key = word(record, D.Input) + <usize>row * word(record, D.InputStride);
    const target = word(record, D.Output) + <usize>row * word(record, D.OutputStride);
    memory.fill(target, 0, padded);
    for (let head = 0; head < heads; head++, key += bytes) {
      let at: usize = 0;
      for (; at < whole; at += 16) v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(key + at)));
      for (; at < bytes; at += 4) f32.store(target + at, f32.load(target + at) + f32.load(key + at));
    }
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < padded; at += 16) {
      const x = v128.load(target + at);
      squares = fma(x, x, squares);
    }
    const factor = f32x4.splat(1 / sqrt<f32>(sum4(squares)));
    for (let at: usize = 0; at < padded; at += 16) v128.store(target + at, f32x4.mul(v128.load(target + at), factor));
  }
}

/** The best match of each token of an even row, for a thread's share of them. */
function matchTokens(record: usize, thread: i32, threads: i32): void {
  const tokens = int(record, M.Rows), kept = int(record, M.Kept);
  const input = word(record, M.Input), stride = word(record, M.InputStride);
  const bytes = ((word(record, M.Columns) << 2) + 15) & ~15;
  const evens = (tokens - kept + (kept & 1 ? 0 : 1)) >> 1;
  const firstEven = kept + (kept & 1), firstOdd = kept | 1;
  for (let i = evens * thread / threads, end = evens * (thread + 1) / threads; i < end; i++) {
    const even = input + <usize>(firstEven + 2 * i) * stride;
    let best: f32 = -Infinity, match = firstOdd;
    for (let odd = firstOdd; odd < tokens; odd += 2) {
      const other = input + <usize>odd * stride;
      let sum = f32x4.splat(0);
      for (let at: usize = 0; at < bytes; at += 16) sum = fma(v128.load(even + at), v128.load(other + at), sum);
      const cosine = sum4(sum);
      if (cosine > best) { best = cosine; match = odd; }
    }
    f32.store(word(record, M.Cosines) + (<usize>i << 2), best);
    i32.store(word(record, M.Matches) + (<usize>i << 2), match);
  }
}

/** The row of each token afterwards, and the sizes. One thread does it, in time that is quadratic in few tokens. */
function placeTokens(record: usize, thread: i32): void {
  if (thread > 0) return;
  const tokens = int(record, R.Rows), kept = int(record, R.Kept), merged = int(record, R.Merged);
  const cosines = word(record, R.Cosines), matches = word(record, R.Matches);
  const rows = word(record, R.Output), stride = word(record, R.OutputStride);
  const evens = (tokens - kept + (kept & 1 ? 0 : 1)) >> 1;
  const firstEven = kept + (kept & 1);
  let next: i32 = 0;
  for (let token = 0; token < kept; token++) place(rows, stride, token, next++);
  // The match of a token that goes becomes negative, and that of one that is placed out of its turn the least number.
  for (let i = 0; i < merged; i++) {
    const at = <usize>largest(cosines, matches, evens) << 2;
    i32.store(matches + at, ~load<i32>(matches + at));
  }
  for (let i = 0; i < evens; i++) {
    if (kept == 0) {
      const best = largest(cosines, matches, evens);
      if (best < 0) break;
      place(rows, stride, firstEven + 2 * best, next++);
      i32.store(matches + (<usize>best << 2), i32.MIN_VALUE);
    } else if (load<i32>(matches + (<usize>i << 2)) >= 0) {
      place(rows, stride, firstEven + 2 * i, next++);
    }
  }
  for (let odd = kept | 1; odd < tokens; odd += 2) place(rows, stride, odd, next++);
  for (let i = 0; i < evens; i++) {
    const match = load<i32>(matches + (<usize>i << 2));
    if (match >= 0 || match == i32.MIN_VALUE) continue;
    f32.store(rows + <usize>(firstEven + 2 * i) * stride, f32.load(rows + <usize>~match * stride));
  }

  if (!word(record, R.SizesAfter)) return;
  const sizes = word(record, R.Sizes), after = word(record, R.SizesAfter), afterStride = word(record, R.SizesAfterStride);
  for (let row = 0; row < next; row++) f32.store(after + <usize>row * afterStride, 0);
  for (let token = 0; token < tokens; token++) {
    const target = after + <usize>rowOf(rows, stride, token) * afterStride;
    f32.store(target, f32.load(target) + sizeOf(sizes, word(record, R.SizesStride), token));
  }
}

/** The first of the largest cosines whose match is not negative; -1 where there is none. */
function largest(cosines: usize, matches: usize, count: i32): i32 {
  let found = -1;
  let best: f32 = 0;
  for (let i = 0; i < count; i++) {
    if (load<i32>(matches + (<usize>i << 2)) < 0) continue;
    const cosine = f32.load(cosines + (<usize>i << 2));
    if (found < 0 || cosine > best) { best = cosine; found = i; }
  }
  return found;
}

@inline
function place(rows: usize, stride: usize, token: i32, row: i32): void {
  f32.store(rows + <usize>token * stride, <f32>row);
}

@inline
function rowOf(rows: usize, stride: usize, token: i32): i32 {
  return <i32>f32.load(rows + <usize>token * stride);
}

@inline
function sizeOf(sizes: usize, stride: usize, token: i32): f32 {
  return sizes ? f32.load(sizes + <usize>token * stride) : 1;
}

/** The means of tokens that become one, for a thread's share of the columns. */
function mergeTokens(record: usize, thread: i32, threads: i32): void {
  const tokens = int(record, F.Tokens), left = int(record, F.Rows);
  const output = word(record, F.Output), outputStride = word(record, F.OutputStride);
  const bytes = word(record, F.Columns) << 2;
  // Whole cache lines.
  const lines = <i32>((bytes + 63) >> 6);
  const from = <usize>(lines * thread / threads) << 6, to = min(bytes, <usize>(lines * (thread + 1) / threads) << 6);
  if (from >= to) return;
  const whole = from + ((to - from) & ~15);
  for (let row = 0; row < left; row++) memory.fill(output + <usize>row * outputStride + from, 0, to - from);
  for (let token = 0; token < tokens; token++) {
    const row = rowOf(word(record, F.TokenRows), word(record, F.TokenRowsStride), token);
    const size = sizeOf(word(record, F.Sizes), word(record, F.SizesStride), token);
    const share: f32 = size / f32.load(word(record, F.SizesAfter) + <usize>row * word(record, F.SizesAfterStride));
    const source = word(record, F.Input) + <usize>token * word(record, F.InputStride);
    const target = output + <usize>row * outputStride;
    const factor = f32x4.splat(share);
    let at = from;
    for (; at < whole; at += 16) v128.store(target + at, fma(v128.load(source + at), factor, v128.load(target + at)));
    for (; at < to; at += 4) f32.store(target + at, f32.load(target + at) + f32.load(source + at) * share);
  }
}

/** The logarithms of sizes, each as often as a panel has columns, for a thread's share of the rows. */
function logSizes(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, D.Rows);
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    const value = f32x4.splat(log(f32.load(word(record, D.Input) + <usize>row * word(record, D.InputStride))));
    const target = word(record, D.Output) + <usize>row * PANEL_STEP;
    for (let i = 0; i < NR; i += 4) v128.store(target + (<usize>i << 2), value);
  }
}

/** Of a number from 1, by the series of the inverse hyperbolic tangent: off by less than 1e-7 of it, and 0 for 1. */
function log(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  // The mantissa is from 1 to 2, so (m - 1) / (m + 1) is at most 1/3.
  const m = <f64>reinterpret<f32>((bits & 0x7fffff) | 0x3f800000);
  const t = (m - 1) / (m + 1), t2 = t * t;
  let sum: f64 = 0;
  for (let n = 15; n > 0; n -= 2) sum = sum * t2 + 1 / <f64>n;
  return <f32>(2 * t * sum + <f64>((bits >> 23) - 127) * 0.6931471805599453);
}
