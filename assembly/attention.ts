// softmax(q k^T / sqrt(d)) v, head by head, for a panel of NR queries at a time. The product is
// transposed, S = K Q^T with queries as columns: the softmax then runs down the columns without sums
// across lanes, and S is already laid out as the right-hand side of O^T = V^T S.
import { packedRow, packTile } from "./gemm/pack";
import { MR, NR, PANEL_STEP, TILE_STEP, tile } from "./gemm/microkernel";
import { softmaxColumns } from "./pointwise";
import { transposeRows } from "./transpose";

/** Floats of scratch that one thread needs in `attendPanel`. */
export function attentionScratchFloats(tokens: i32, headWidth: i32): u32 {
  return <u32>(2 * headWidth + tokens + 1) * NR;
}

/** Packs a thread's share of the keys [tokens, d] and transposed values [d, tokens] of all heads. */
export function packKeyValue(
  keyValue: usize, stride: usize, packed: usize, tokens: i32, heads: i32, headWidth: i32, thread: i32, threads: i32,
): void {
  const headBytes = <usize>tokens * headWidth * 4;
  const valuesLeft = <usize>heads * headWidth * 4;
  const tiles = (tokens + MR - 1) / MR;
  const jobs = heads * tiles;
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const head = job / tiles, row = (job - head * tiles) * MR;
    const height = min(MR, tokens - row);
    const keys = keyValue + <usize>row * stride + <usize>head * headWidth * 4;
    const target = packed + <usize>head * headBytes * 2;
    packTile(keys, stride, packedRow(target, row, headWidth), height, headWidth);
    for (let i = 0; i < height; i++) {
      packValue(keys + valuesLeft + <usize>i * stride, target + headBytes, row + i, tokens, headWidth);
    }
  }
}

/** Packs one token's value: one step of k in V^T, MR neighbours per tile. */
@inline
export function packValue(value: usize, packed: usize, row: i32, tokens: i32, headWidth: i32): void {
  let d = 0;
  for (; d + MR <= headWidth; d += MR) {
    const target = packed + (<usize>d * tokens + <usize>row * MR) * 4;
    v128.store(target, v128.load(value));
    if (MR == 6) i64.store(target, i64.load(value, 16), 16);
    value += TILE_STEP;
  }
  const rest = headWidth - d;
  const target = packed + (<usize>d * tokens + <usize>row * rest) * 4;
  for (let i = 0; i < rest; i++) f32.store(target + (i << 2), f32.load(value + (i << 2)));
}

/**
 * Computes one head for queries `first` to `first + NR` of `queries`.
 * @param packed keys and values of this head
 * @param added what is added to the scores of these queries, a row for each key; 0 for none
 * @param weights where to store the softmax weights of this head, from the first query on; 0 for nowhere
 */
export function attendPanel(
  query: usize, queryStride: usize, packed: usize, output: usize, outputStride: usize,
  queries: i32, tokens: i32, headWidth: i32, first: i32,
  weights: usize, weightsStride: usize, zeros: usize, scratch: usize, causal: i32, added: usize, addedStride: usize,
): void {
  const count = min(NR, queries - first);
  const keys = causal ? first + count : tokens;
  const q = scratch;
  const s = q + <usize>headWidth * PANEL_STEP;
  const o = s + <usize>tokens * PANEL_STEP;
  const inverse = o + <usize>headWidth * PANEL_STEP;

  query += <usize>first * queryStride;
  packQueries(query, queryStride, q, count, headWidth);
  let a = packed;
  for (let row = 0; row < keys; row += MR) {
    tile(min(MR, tokens - row), a, q, s + <usize>row * PANEL_STEP, PANEL_STEP, headWidth, zeros, added, addedStride);
    a += <usize>headWidth * TILE_STEP;
    if (added) added += <usize>MR * addedStride;
  }
  if (causal) maskLater(s + <usize>first * PANEL_STEP, count);
  softmaxColumns(s, keys, inverse);
  a = packed + <usize>tokens * headWidth * 4;
  for (let d = 0; d < headWidth; d += MR) {
    tile(min(MR, headWidth - d), a, s, o + <usize>d * PANEL_STEP, PANEL_STEP, keys, zeros, 0, 0);
    a += <usize>tokens * TILE_STEP;
  }
  unpackOutput(o, inverse, output + <usize>first * outputStride, outputStride, count, headWidth);
  if (weights) copyWeights(s, inverse, weights + <usize>first * weightsStride, weightsStride, count, keys, tokens);
}

/** Masks what lies below the diagonal of a square of scores: the keys after each query. */
export function maskLater(s: usize, count: i32): void {
  for (let key = 1; key < count; key++) {
    s += PANEL_STEP;
    for (let at = s, end = s + (<usize>key << 2); at < end; at += 4) f32.store(at, -Infinity);
  }
}

/** Packs [queries, d] into a panel [d][NR], scaled by 1 / sqrt(d). Columns without a query become 0. */
export function packQueries(query: usize, stride: usize, panel: usize, count: i32, headWidth: i32): void {
  const end = panel + <usize>headWidth * PANEL_STEP;
  if (count < NR) memory.fill(panel, 0, end - panel);
  transposeRows(query, stride, panel, PANEL_STEP, headWidth, count);
  const scale: f32 = 1.0 / sqrt<f32>(<f32>headWidth);
  const factor = f32x4.splat(scale);
  for (; panel < end; panel += 16) v128.store(panel, f32x4.mul(v128.load(panel), factor));
}

/** Writes o [d][NR], times `inverse`, to rows of queries. */
export function unpackOutput(o: usize, inverse: usize, output: usize, stride: usize, count: i32, headWidth: i32): void {
  let d = 0;
  for (; d + 4 <= headWidth; d += 4) {
    const from = o + <usize>d * PANEL_STEP;
    let target = output + (<usize>d << 2);
    for (let i = 0; i < count; i += 4) {
      const at = from + (<usize>i << 2);
      const factor = v128.load(inverse + (<usize>i << 2));
      const r0 = f32x4.mul(v128.load(at), factor);
      const r1 = f32x4.mul(v128.load(at, NR * 4), factor);
      const r2 = f32x4.mul(v128.load(at, NR * 8), factor);
      const r3 = f32x4.mul(v128.load(at, NR * 12), factor);
      const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<i64>(t0, t1, 0, 2));
      if (i + 1 < count) v128.store(target + stride, v128.shuffle<i64>(t0, t1, 1, 3));
      if (i + 2 < count) v128.store(target + 2 * stride, v128.shuffle<i64>(t2, t3, 0, 2));
      if (i + 3 < count) v128.store(target + 3 * stride, v128.shuffle<i64>(t2, t3, 1, 3));
      target += 4 * stride;
    }
  }
  for (; d < headWidth; d++) {
    for (let i = 0; i < count; i++) {
      const value = f32.load(o + <usize>d * PANEL_STEP + (<usize>i << 2)) * f32.load(inverse + (<usize>i << 2));
      f32.store(output + <usize>i * stride + (<usize>d << 2), value);
    }
  }
}

/** The weights of `keys` keys; those of the other tokens are 0. */
function copyWeights(s: usize, inverse: usize, weights: usize, stride: usize, count: i32, keys: i32, tokens: i32): void {
  for (let i = 0; i < count; i++, weights += stride) {
    const factor = f32.load(inverse + (<usize>i << 2));
    for (let j = 0; j < tokens; j++) {
      const value: f32 = j < keys ? f32.load(s + <usize>j * PANEL_STEP + (<usize>i << 2)) * factor : 0;
      f32.store(weights + (<usize>j << 2), value);
    }
  }
}
