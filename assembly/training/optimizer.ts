// Updates of weights by their gradients, element by element in the layout in which both are stored, whose padding stays
// 0. Work is split into chunks of all weights. Products are computed in f64, where they are exact, so that a sum with a
// product is rounded as a fused multiply-add on every processor.
import { int, word } from "../record";
import { UPDATE_CHUNK, UpdateEntry as E, UpdateField as F } from "./tape";

@inline
function entryOf(record: usize, index: i32): usize {
  return record + ((F.Table + index * E.Words) << 2);
}

@inline
function chunksOf(entry: usize): i32 {
  return (int(entry, E.Floats) + UPDATE_CHUNK - 1) / UPDATE_CHUNK;
}

@inline
function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1));
}

@inline
function narrow(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** a b + c of f32 lanes, where a is the same for all and in f64. */
@inline
function fused(a: v128, b: v128, c: v128): v128 {
  return narrow(f64x2.add(f64x2.mul(a, low(b)), low(c)), f64x2.add(f64x2.mul(a, high(b)), high(c)));
}

@inline
function wide(at: usize): v128 {
  return f64x2.splat(<f64>f32.load(at));
}

@inline
function field(record: usize, index: i32): v128 {
  return v128.load32_splat(record + (index << 2));
}

/** The bytes of a chunk in whole vectors: padding follow the last value. */
@inline
function chunkBytes(entry: usize, chunk: i32): usize {
  return <usize>((min(UPDATE_CHUNK, int(entry, E.Floats) - chunk * UPDATE_CHUNK) + 3) & ~3) << 2;
}

/** Updates a thread's share of the weights. */
export function updateWeights(record: usize, kind: i32, thread: i32, threads: i32): void {
  const all = int(record, F.Chunks), first = all * thread / threads, last = all * (thread + 1) / threads;
  for (let index = 0, before = 0; before < last; index++) {
    const entry = entryOf(record, index), count = chunksOf(entry);
    for (let chunk = max(0, first - before), end = min(count, last - before); chunk < end; chunk++) {
      const at = <usize>chunk * (UPDATE_CHUNK << 2), bytes = chunkBytes(entry, chunk);
      if (kind == 0) f64.store(word(record, F.Output) + ((before + chunk) << 3), squares(word(entry, E.Gradient) + at, bytes));
      else if (kind == 1) sgd(record, entry, at, bytes);
      else adamw(record, entry, at, bytes);
    }
    before += count;
  }
}

/** The sum of squares, in f64. */
function squares(x: usize, bytes: usize): f64 {
  let s0 = f64x2.splat(0), s1 = s0;
  for (const end = x + bytes; x < end; x += 16) {
    const v = v128.load(x), v0 = low(v), v1 = high(v);
    s0 = f64x2.add(s0, f64x2.mul(v0, v0));
    s1 = f64x2.add(s1, f64x2.mul(v1, v1));
  }
  const s = f64x2.add(s0, s1);
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

/** What a gradient is with its norm clipped. */
@inline
function clipped(gradient: v128, clips: bool, norm: v128, most: v128): v128 {
  return clips ? f32x4.mul(f32x4.div(gradient, norm), most) : gradient;
}

/** The nearest bfloat16, ties to even. NaN stays NaN. */
@inline
function toHalf(v: v128): v128 {
  const odd = v128.and(i32x4.shr_u(v, 16), i32x4.splat(1));
  const rounded = i32x4.add(v, i32x4.add(odd, i32x4.splat(0x7fff)));
  const bits = v128.bitselect(v128.or(v, i32x4.splat(0x400000)), rounded, f32x4.ne(v, v));
  return v128.and(bits, i32x4.splat(0xffff0000));
}

function sgd(record: usize, entry: usize, at: usize, bytes: usize): void {
  const numbers = word(record, F.Numbers), momentum = wide(record + (F.Momentum << 2));
  const rate = f64x2.neg(wide(numbers)), norm = v128.load32_splat(numbers, 4), most = v128.load32_splat(numbers, 8);
  const clips = f32.load(numbers, 8) >= 0, half = int(record, F.Half) != 0;
  const decays = f32.load(entry + (E.Decay << 2)) != 0, decay = wide(entry + (E.Decay << 2));
  const first = word(entry, E.First);
  let p = word(entry, E.Parameter) + at, g = word(entry, E.Gradient) + at, t = first + at;
  for (const end = p + bytes; p < end; p += 16, g += 16, t += 16) {
    const value = v128.load(p);
    let step = clipped(v128.load(g), clips, norm, most);
    if (decays) step = fused(decay, value, step);
    if (first) {
      step = fused(momentum, v128.load(t), step);
      v128.store(t, half ? toHalf(step) : step);
    }
    v128.store(p, fused(rate, step, value));
  }
}

function adamw(record: usize, entry: usize, at: usize, bytes: usize): void {
  const numbers = word(record, F.Numbers);
  const rate = f64x2.neg(wide(numbers)), norm = v128.load32_splat(numbers, 4), most = v128.load32_splat(numbers, 8);
  const clips = f32.load(numbers, 8) >= 0;
  const correction1 = v128.load32_splat(numbers, 12), correction2 = v128.load32_splat(numbers, 16);
  const keep1 = field(record, F.Keep1), keep2 = field(record, F.Keep2), epsilon = field(record, F.Epsilon);
  const take1 = wide(record + (F.Take1 << 2)), take2 = wide(record + (F.Take2 << 2));
  const decay = wide(entry + (E.Decay << 2));
  let p = word(entry, E.Parameter) + at, g = word(entry, E.Gradient) + at;
  let m = word(entry, E.First) + at, s = word(entry, E.Second) + at;
  for (const end = p + bytes; p < end; p += 16, g += 16, m += 16, s += 16) {
    const value = v128.load(p), slope = clipped(v128.load(g), clips, norm, most);
    const mean = fused(take1, slope, f32x4.mul(keep1, v128.load(m)));
    const square = fused(take2, f32x4.mul(slope, slope), f32x4.mul(keep2, v128.load(s)));
    v128.store(m, mean);
    v128.store(s, square);
    const deviation = f32x4.add(f32x4.sqrt(f32x4.div(square, correction2)), epsilon);
    const direction = f32x4.div(f32x4.div(mean, correction1), deviation);
    v128.store(p, fused(rate, fused(decay, value, direction), value));
  }
}
