// The left-hand layout of the matrix product: rows in tiles of MR, each tile [k][row of tile], so
// that a kernel reads it sequentially. The last tile may have fewer rows.
import { MR, TILE_STEP } from "./microkernel";

/** Where row `row` starts in a packed matrix; its next word is `tileRows(...)` words later. */
@inline
export function packedRow(packed: usize, row: i32, columns: i32, tile: i32 = MR): usize {
  const top = (row / tile) * tile;
  return packed + (<usize>top * columns + (row - top)) * 4;
}

/** Rows of the tile that holds row `row` of `rows`. */
@inline
export function tileRows(row: i32, rows: i32, tile: i32 = MR): i32 {
  return min(tile, rows - (row / tile) * tile);
}

/**
 * The first row of a thread's share of `rows`: contiguous whole tiles, since the rows of one tile
 * share cache lines.
 */
@inline
export function firstRow(rows: i32, thread: i32, threads: i32, tile: i32 = MR): i32 {
  const tiles = (rows + tile - 1) / tile;
  return min(rows, (tiles * thread / threads) * tile);
}

/** Writes `count` floats, `stride` floats apart. */
export function scatter(source: usize, target: usize, count: i32, stride: i32): void {
  const step = <usize>stride * 4;
  const end = source + <usize>count * 4;
  // The stride of a full tile is a constant, so the four addresses need no arithmetic.
  if (stride == MR) {
    for (; source + 16 <= end; source += 16, target += 4 * TILE_STEP) {
      const v = v128.load(source);
      v128.store32_lane(target, v, 0);
      v128.store32_lane(target, v, 1, MR * 4);
      v128.store32_lane(target, v, 2, MR * 8);
      v128.store32_lane(target, v, 3, MR * 12);
    }
  }
  for (; source < end; source += 4, target += step) f32.store(target, f32.load(source));
}

/** Packs the rows of one tile, `stride` bytes apart. */
export function packTile(source: usize, stride: usize, target: usize, height: i32, columns: i32): void {
  let k = 0;
  if (height == MR) {
    const r2 = source + 2 * stride, r4 = r2 + 2 * stride;
    k = packFull(source, source + stride, r2, r2 + stride, r4, r4 + stride, target, columns);
  }
  const left = <usize>k << 2;
  target += left * <usize>height;
  for (let i = 0; i < height; i++) {
    scatter(source + <usize>i * stride + left, target + (<usize>i << 2), columns - k, height);
  }
}

/** Packs some columns of the rows of one tile, each from the address that `sources` has for it. */
export function packRun(sources: usize, target: usize, height: i32, columns: i32): void {
  let k = 0;
  if (height == MR) {
    k = packFull(
      load<u32>(sources), load<u32>(sources, 4), load<u32>(sources, 8), load<u32>(sources, 12),
      MR == 6 ? load<u32>(sources, 16) : 0, MR == 6 ? load<u32>(sources, 20) : 0, target, columns,
    );
  }
  const left = <usize>k << 2;
  target += left * <usize>height;
  for (let i = 0; i < height; i++) {
    scatter(<usize>load<u32>(sources + (<usize>i << 2)) + left, target + (<usize>i << 2), columns - k, height);
  }
}

/**
 * Transposes the rows of a full tile in 4x4 blocks with vector stores. Returns how many columns it packed: all that
 * fill a block.
 */
function packFull(
  r0: usize, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize, target: usize, columns: i32,
): i32 {
  const end = r0 + (<usize>(columns & ~3) << 2);
  while (r0 < end) {
    const v0 = v128.load(r0), v1 = v128.load(r1), v2 = v128.load(r2), v3 = v128.load(r3);
    const t0 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
    const t2 = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7), t3 = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<i64>(t0, t1, 0, 2));
    v128.store(target, v128.shuffle<i64>(t0, t1, 1, 3), MR * 4);
    v128.store(target, v128.shuffle<i64>(t2, t3, 0, 2), MR * 8);
    v128.store(target, v128.shuffle<i64>(t2, t3, 1, 3), MR * 12);
    if (MR == 6) {
      const v4 = v128.load(r4), v5 = v128.load(r5);
      const u0 = v128.shuffle<i32>(v4, v5, 0, 4, 1, 5), u1 = v128.shuffle<i32>(v4, v5, 2, 6, 3, 7);
      v128.store64_lane(target, u0, 0, 16);
      v128.store64_lane(target, u0, 1, 40);
      v128.store64_lane(target, u1, 0, 64);
      v128.store64_lane(target, u1, 1, 88);
      r4 += 16;
      r5 += 16;
    }
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
    target += 4 * TILE_STEP;
  }
  return columns & ~3;
}

/** Packs a thread's share of rows. */
export function packRows(
  input: usize, inputStride: usize, packed: usize, rows: i32, columns: i32, thread: i32, threads: i32,
): void {
  const end = firstRow(rows, thread + 1, threads);
  for (let row = firstRow(rows, thread, threads); row < end; row += MR) {
    const source = input + <usize>row * inputStride;
    packTile(source, inputStride, packedRow(packed, row, columns), min(MR, rows - row), columns);
  }
}

/** Tiles that are packed together from columns, so that whole cache lines are read. */
const TOGETHER: i32 = 8;

/** Packs a thread's share of the rows of a transposed matrix: neighbours in the input are those in a tile. */
export function packColumns(
  input: usize, inputStride: usize, packed: usize, rows: i32, columns: i32, thread: i32, threads: i32,
): void {
  const end = firstRow(rows, thread + 1, threads);
  for (let top = firstRow(rows, thread, threads); top < end; top += TOGETHER * MR) {
    const bottom = min(end, top + TOGETHER * MR);
    for (let k = 0; k < columns; k++) {
      let source = input + <usize>k * inputStride + (<usize>top << 2);
      let row = top;
      for (; row + MR <= bottom; row += MR, source += TILE_STEP) {
        const target = packed + (<usize>row * columns + <usize>k * MR) * 4;
        v128.store(target, v128.load(source));
        if (MR == 6) i64.store(target, i64.load(source, 16), 16);
      }
      const rest = bottom - row;
      let target = packed + (<usize>row * columns + <usize>k * rest) * 4;
      for (; row < bottom; row++, source += 4, target += 4) f32.store(target, f32.load(source));
    }
  }
}
