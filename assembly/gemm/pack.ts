// The left-hand layout of the matrix product: rows in tiles of MR, each tile [k][row of tile], so
// that a kernel reads it front to back. The last tile has as many rows as are left.
import { MR, TILE_STEP } from "./microkernel";

/** Where row `row` starts in a packed matrix; its next word is `tileRows(...)` words on. */
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
 * The first row of a thread's share of `rows`: whole tiles, side by side, since the rows of one tile
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
  // The stride of full tiles is known, so its four addresses need no arithmetic.
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

/** A thread's share of rows, packed. */
export function packRows(
  input: usize, inputStride: usize, packed: usize, rows: i32, columns: i32, thread: i32, threads: i32,
): void {
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    scatter(input + <usize>row * inputStride, packedRow(packed, row, columns), columns, tileRows(row, rows));
  }
}
