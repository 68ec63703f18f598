// The left-hand side of X^T dY: tiles of MR features, whose steps of k are the rows of X.
import { packValue } from "../attention";
import { MR, TILE_STEP } from "../gemm/microkernel";
import { int, word } from "../record";
import { WindowField as W } from "../tape";
import { window } from "../windows";
import { ColumnsPackField as C } from "./tape";

/** Rows that are packed together: what each tile gets of them is contiguous. */
const BLOCK: i32 = 16;

export function packColumns(record: usize, scratch: usize, windows: bool, thread: i32, threads: i32): void {
  const rows = int(record, W.Rows), columns = int(record, W.Columns);
  const packed = word(record, W.Output), inner = int(record, C.Inner), from = int(record, C.From);
  const input = word(record, W.Input), stride = word(record, W.InputStride);
  const blocks = (rows + BLOCK - 1) / BLOCK;
  const end = min(rows, blocks * (thread + 1) / threads * BLOCK);
  for (let row = blocks * thread / threads * BLOCK; row < end; row += BLOCK) {
    const count = min(BLOCK, end - row);
    if (windows) {
      for (let i = row; i < row + count; i++) {
        window(record, int(record, W.First) + i, scratch, false);
        packValue(scratch, packed, from + i, inner, columns);
      }
    } else packBlock(input + <usize>row * stride, stride, packed, from + row, count, inner, columns);
  }
}

function packBlock(
  input: usize, stride: usize, packed: usize, from: i32, count: i32, inner: i32, columns: i32,
): void {
  let column = 0;
  for (; column + MR <= columns; column += MR) {
    let source = input + (<usize>column << 2);
    let target = packed + (<usize>column * inner + <usize>from * MR) * 4;
    for (const end = target + <usize>count * TILE_STEP; target < end; target += TILE_STEP, source += stride) {
      v128.store(target, v128.load(source));
      if (MR == 6) i64.store(target, i64.load(source, 16), 16);
    }
  }
  const rest = columns - column;
  for (let i = 0; i < count; i++) {
    const source = input + <usize>i * stride + (<usize>column << 2);
    const target = packed + (<usize>column * inner + <usize>(from + i) * rest) * 4;
    for (let j = 0; j < rest; j++) f32.store(target + (j << 2), f32.load(source + (j << 2)));
  }
}
