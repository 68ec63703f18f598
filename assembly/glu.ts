import { activateRow } from "./gemm/gemm";
import { firstRow } from "./gemm/pack";
import { PANEL_STEP } from "./gemm/microkernel";
import { int, word } from "./record";
import { Activation, NormField as F } from "./tape";

/**
 * silu(left) * right for a thread's share of the rows. The last panel of a row may read and write past its end, where
 * rows have room; what it reads of the row's other half there is not used.
 */
export function glu(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), half = word(record, F.Columns) << 2;
  for (let row = firstRow(rows, thread, threads), last = firstRow(rows, thread + 1, threads); row < last; row++) {
    let input = word(record, F.Input) + <usize>row * word(record, F.InputStride);
    let output = word(record, F.Output) + <usize>row * word(record, F.OutputStride);
    for (const end = input + half; input < end; input += PANEL_STEP, output += PANEL_STEP) {
      for (let at: usize = 0; at < PANEL_STEP; at += 16) v128.store(output + at, v128.load(input + at));
      activateRow(output, Activation.Silu, false);
      for (let at: usize = 0; at < PANEL_STEP; at += 16) {
        v128.store(output + at, f32x4.mul(v128.load(output + at), v128.load(input + half + at)));
      }
    }
  }
}
