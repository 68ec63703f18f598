import { firstRow, packedRow, scatter, tileRows } from "./gemm/pack";

/** Packs a thread's share of the patches of an image, one patch per row. */
export function packPatches(
  image: usize, stride: usize, packed: usize, gridRows: i32, gridColumns: i32,
  patchRows: i32, run: i32, thread: i32, threads: i32,
): void {
  const rows = gridRows * gridColumns;
  const columns = patchRows * run;
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    const y = row / gridColumns, x = row - y * gridColumns;
    const height = tileRows(row, rows);
    let source = image + <usize>(y * patchRows) * stride + <usize>(x * run) * 4;
    let target = packedRow(packed, row, columns);
    for (let i = 0; i < patchRows; i++) {
      scatter(source, target, run, height);
      source += stride;
      target += <usize>run * height * 4;
    }
  }
}
