// Rotary position embedding: pairs of values of a head, half a head apart, turn by the angles of their row.
import { firstRow } from "./gemm/pack";
import { int, word } from "./record";
import { RopeField as F } from "./tape";

/**
 * A thread's share of the rows. Vectors of two, since a half may have any even number of values, and a wider store
 * could reach into a row of another thread.
 */
export function rope(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), from = int(record, F.From);
  const bytes = word(record, F.Columns) << 2, rotated = word(record, F.Width) << 2;
  const half = word(record, F.HeadWidth) << 1;
  const sign = i32x4.splat(int(record, F.Sign));
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    let input = word(record, F.Input) + <usize>row * word(record, F.InputStride);
    let output = word(record, F.Output) + <usize>row * word(record, F.OutputStride);
    memory.copy(output, input, bytes);
    if (row < from) continue;
    const table = word(record, F.Table) + <usize>(row - from) * 2 * half;
    for (const last = input + rotated; input < last; input += half, output += half) {
      for (let angle = table, stop = table + half; angle < stop; angle += 8, input += 8, output += 8) {
        const sin = v128.xor(v128.load64_zero(angle), sign), cos = v128.load64_zero(angle + half);
        const left = v128.load64_zero(input), right = v128.load64_zero(input + half);
        v128.store64_lane(output, f32x4.sub(f32x4.mul(left, cos), f32x4.mul(right, sin)), 0);
        v128.store64_lane(output + half, f32x4.add(f32x4.mul(right, cos), f32x4.mul(left, sin)), 0);
      }
    }
  }
}
