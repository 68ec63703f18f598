// Gradients of attention, head by head, in two passes. The first has queries as columns, as attention itself has, and
// makes their gradients; the second has keys as columns, and makes those of keys and values. Both recompute the softmax.
import { packQueries, packValue, unpackOutput } from "../attention";
import { packedRow, packTile } from "../gemm/pack";
import { MR, NR, PANEL_STEP, TILE_STEP, tile } from "../gemm/microkernel";
import { softmaxColumns } from "../pointwise";
import { int, word } from "../record";
import { transposeRows } from "../transpose";
import { softmaxBackward } from "./pointwise";
import { loadLanes } from "./sums";
import { AttentionBackwardField as A } from "./tape";

/** Floats of each query's statistics. */
const STATS: i32 = 3;

/** What is packed of a head. */
@inline
function headBytes(tokens: i32, queries: i32, headWidth: i32): usize {
  return <usize>(3 * tokens + 4 * queries) * headWidth * 4;
}

/** Packs a thread's share of all heads, tile by tile. */
export function packBackward(record: usize, thread: i32, threads: i32): void {
  const tokens = int(record, A.Tokens), queries = int(record, A.Queries);
  const heads = int(record, A.Heads), width = int(record, A.HeadWidth);
  const packed = word(record, A.Packed), step = headBytes(tokens, queries, width);
  const keyBytes = <usize>tokens * width * 4, queryBytes = <usize>queries * width * 4;
  const keyTiles = (tokens + MR - 1) / MR, queryTiles = (queries + MR - 1) / MR;
  const each = keyTiles + queryTiles, jobs = heads * each;
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const head = job / each, place = job - head * each;
    const target = packed + <usize>head * step, left = <usize>head * width * 4;
    if (place < keyTiles) {
      const row = place * MR, stride = word(record, A.KeyValueStride);
      const keys = word(record, A.KeyValue) + left + <usize>row * stride;
      const values = keys + <usize>heads * width * 4;
      packBoth(keys, stride, target, target + 2 * keyBytes, row, tokens, width);
      packTile(values, stride, packedRow(target + keyBytes, row, width), min(MR, tokens - row), width);
    } else {
      const row = (place - keyTiles) * MR, from = target + 3 * keyBytes;
      const stride = word(record, A.QueryStride), gradientStride = word(record, A.GradientStride);
      packBoth(word(record, A.Query) + left + <usize>row * stride, stride, from, from + 2 * queryBytes, row, queries, width);
      packBoth(
        word(record, A.Gradient) + left + <usize>row * gradientStride, gradientStride,
        from + queryBytes, from + 3 * queryBytes, row, queries, width,
      );
    }
  }
}

/** Packs the rows of a tile as rows and as columns of a left-hand side. */
function packBoth(source: usize, stride: usize, rows: usize, columns: usize, row: i32, count: i32, width: i32): void {
  const height = min(MR, count - row);
  packTile(source, stride, packedRow(rows, row, width), height, width);
  for (let i = 0; i < height; i++) packValue(source + <usize>i * stride, columns, row + i, count, width);
}

/** A panel of at most NR rows as columns; columns without a row become 0. */
function packPanel(source: usize, stride: usize, panel: usize, count: i32, width: i32): void {
  if (count < NR) memory.fill(panel, 0, <usize>width * PANEL_STEP);
  transposeRows(source, stride, panel, PANEL_STEP, width, count);
}

/** A packed matrix [rows, inner] times a panel, plus rows that are added, 0 for none; they may be those of the output. */
function multiply(
  packed: usize, panel: usize, output: usize, rows: i32, inner: i32, zeros: usize, added: usize = 0, stride: usize = 0,
): void {
  for (let row = 0; row < rows; row += MR, packed += <usize>inner * TILE_STEP) {
    tile(min(MR, rows - row), packed, panel, output + <usize>row * PANEL_STEP, PANEL_STEP, inner, zeros, added, stride);
    if (added) added += <usize>MR * stride;
  }
}

/**
 * Masks the scores of keys after a query. Rows are keys, and columns queries from `first` on; or the other way round.
 */
function mask(s: usize, rows: i32, first: i32, keysAreColumns: bool): void {
  for (let row = 0; row < rows; row++, s += PANEL_STEP) {
    const edge = row - first;
    for (let lane = 0; lane < NR; lane++) {
      if (keysAreColumns ? edge < lane : lane < edge) f32.store(s + (<usize>lane << 2), -Infinity);
    }
  }
}

/** The bias of a head, [tokens][queries]; 0 for none. */
@inline
function biasOf(record: usize, head: i32): usize {
  const bias = word(record, A.Bias);
  return bias ? bias + <usize>(head * int(record, A.Tokens) * int(record, A.Queries)) * 4 : 0;
}

/** The gradients of a panel of queries, and the statistics of each. */
export function queryBackward(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const tokens = int(record, A.Tokens), queries = int(record, A.Queries);
  const heads = int(record, A.Heads), width = int(record, A.HeadWidth);
  const keyBytes = <usize>tokens * width * 4, step = headBytes(tokens, queries, width);
  const zeros = word(record, A.Zeros), output = word(record, A.QueryGradient);
  const q = scratch, g = q + <usize>width * PANEL_STEP;
  const s = g + <usize>width * PANEL_STEP, p = s + <usize>tokens * PANEL_STEP;
  const inverse = p + <usize>tokens * PANEL_STEP, delta = inverse + PANEL_STEP, highest = delta + PANEL_STEP;
  const panels = (queries + NR - 1) / NR, jobs = heads * panels;
  const scale: f32 = 1.0 / sqrt<f32>(<f32>width);
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const head = job / panels, first = (job - head * panels) * NR, count = min(NR, queries - first);
    const packed = word(record, A.Packed) + <usize>head * step, left = <usize>head * width * 4;
    const gradient = word(record, A.Gradient) + left + <usize>first * word(record, A.GradientStride);
    packQueries(word(record, A.Query) + left + <usize>first * word(record, A.QueryStride), word(record, A.QueryStride), q, count, width);
    packPanel(gradient, word(record, A.GradientStride), g, count, width);
    const bias = biasOf(record, head);
    multiply(packed, q, s, tokens, width, zeros, bias ? bias + (<usize>first << 2) : 0, <usize>queries << 2);
    if (int(record, A.Causal)) mask(s, tokens, first, false);
    columnMax(s, tokens, highest);
    softmaxColumns(s, tokens, inverse);
    const attended = word(record, A.Attended) + left + <usize>first * word(record, A.AttendedStride);
    for (let i = 0; i < count; i++) {
      const sum = dot(gradient + <usize>i * word(record, A.GradientStride), attended + <usize>i * word(record, A.AttendedStride), width);
      const at = <usize>i << 2, stats = word(record, A.Stats) + <usize>((head * queries + first + i) * STATS) * 4;
      f32.store(delta + at, sum);
      f32.store(stats, f32.load(highest + at));
      f32.store(stats, f32.load(inverse + at), 4);
      f32.store(stats, sum, 8);
    }
    if (!output) continue;
    multiply(packed + keyBytes, g, p, tokens, width, zeros);
    for (let at: usize = 0; at < PANEL_STEP; at += 16) {
      const d = v128.load(delta + at);
      for (let row = at, last = <usize>tokens * PANEL_STEP; row < last; row += PANEL_STEP) {
        v128.store(s + row, f32x4.mul(v128.load(s + row), f32x4.sub(v128.load(p + row), d)));
      }
      v128.store(inverse + at, f32x4.mul(v128.load(inverse + at), f32x4.splat(scale)));
    }
    multiply(packed + 2 * keyBytes, s, q, width, tokens, zeros);
    const stride = word(record, A.QueryGradientStride);
    unpackOutput(q, inverse, output + left + <usize>first * stride, stride, count, width);
  }
}

/** The gradients of a panel of keys and of their values. */
export function keyBackward(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const tokens = int(record, A.Tokens), queries = int(record, A.Queries);
  const heads = int(record, A.Heads), width = int(record, A.HeadWidth);
  const keyBytes = <usize>tokens * width * 4, queryBytes = <usize>queries * width * 4;
  const step = headBytes(tokens, queries, width), zeros = word(record, A.Zeros);
  const k = scratch, v = k + <usize>width * PANEL_STEP;
  const s = v + <usize>width * PANEL_STEP, p = s + <usize>queries * PANEL_STEP;
  const factors = p + <usize>queries * PANEL_STEP;
  const panels = (tokens + NR - 1) / NR, jobs = heads * panels;
  const scale: f32 = 1.0 / sqrt<f32>(<f32>width);
  const stride = word(record, A.KeyValueStride), outputStride = word(record, A.KeyValueGradientStride);
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const head = job / panels, first = (job - head * panels) * NR, count = min(NR, tokens - first);
    const packed = word(record, A.Packed) + <usize>head * step + 3 * keyBytes;
    const left = <usize>head * width * 4, valuesLeft = <usize>heads * width * 4;
    const keys = word(record, A.KeyValue) + left + <usize>first * stride;
    packQueries(keys, stride, k, count, width);
    packPanel(keys + valuesLeft, stride, v, count, width);
    const bias = biasOf(record, head), biasStride = <usize>queries << 2;
    if (bias) transposeRows(bias + <usize>first * biasStride, biasStride, s, PANEL_STEP, queries, count);
    multiply(packed, k, s, queries, width, zeros, bias ? s : 0, PANEL_STEP);
    if (int(record, A.Causal)) mask(s, queries, first, true);
    multiply(packed + queryBytes, v, p, queries, width, zeros);
    const stats = word(record, A.Stats) + <usize>(head * queries * STATS) * 4;
    softmaxBackward(s, p, stats, queries);
    const output = word(record, A.KeyValueGradient) + left + <usize>first * outputStride;
    multiply(packed + 3 * queryBytes, s, v, width, queries, zeros);
    fillPanel(factors, 1);
    unpackOutput(v, factors, output + valuesLeft, outputStride, count, width);
    multiply(packed + 2 * queryBytes, p, k, width, queries, zeros);
    fillPanel(factors, scale);
    unpackOutput(k, factors, output, outputStride, count, width);
  }
}

@inline
function fillPanel(panel: usize, value: f32): void {
  for (let at: usize = 0; at < PANEL_STEP; at += 16) v128.store(panel + at, f32x4.splat(value));
}

function columnMax(s: usize, rows: i32, highest: usize): void {
  for (let at: usize = 0; at < PANEL_STEP; at += 16) {
    let most = v128.load(s + at);
    for (let p = s + at, end = p + <usize>rows * PANEL_STEP; p < end; p += PANEL_STEP) {
      most = f32x4.pmax(most, v128.load(p));
    }
    v128.store(highest + at, most);
  }
}

function dot(a: usize, b: usize, count: i32): f32 {
  let s = f32x4.splat(0);
  for (let i = 0; i < count; i += 4, a += 16, b += 16) {
    s = f32x4.add(s, f32x4.mul(loadLanes(a, count - i), loadLanes(b, count - i)));
  }
  return (f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1)) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}
