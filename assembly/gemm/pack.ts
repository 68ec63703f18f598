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

/**
 * Packs the rows of one tile, `stride` bytes apart. A full tile is transposed in 4x4 blocks with vector
 * stores.
 */
export function packTile(source: usize, stride: usize, target: usize, height: i32, columns: i32): void {
  let k = 0;
  if (height == MR) {
    let r0 = source, r4 = source + 4 * stride;
    const once = stride, twice: usize = 2 * stride, thrice: usize = 3 * stride;
    for (; k + 4 <= columns; k += 4) {
      const v0 = v128.load(r0), v1 = v128.load(r0 + once), v2 = v128.load(r0 + twice), v3 = v128.load(r0 + thrice);
      const t0 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
      const t2 = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7), t3 = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<i64>(t0, t1, 0, 2));
      v128.store(target, v128.shuffle<i64>(t0, t1, 1, 3), MR * 4);
      v128.store(target, v128.shuffle<i64>(t2, t3, 0, 2), MR * 8);
      v128.store(target, v128.shuffle<i64>(t2, t3, 1, 3), MR * 12);
      if (MR == 6) {
        const v4 = v128.load(r4), v5 = v128.load(r4 + once);
        const u0 = v128.shuffle<i32>(v4, v5, 0, 4, 1, 5), u1 = v128.shuffle<i32>(v4, v5, 2, 6, 3, 7);
        v128.store64_lane(target, u0, 0, 16);
        v128.store64_lane(target, u0, 1, 40);
        v128.store64_lane(target, u1, 0, 64);
        v128.store64_lane(target, u1, 1, 88);
        r4 += 16;
      }
      r0 += 16;
      target += 4 * TILE_STEP;
    }
  }
  const left = <usize>k << 2;
  for (let i = 0; i < height; i++) {
    scatter(source + <usize>i * stride + left, target + (<usize>i << 2), columns - k, height);
  }
}
