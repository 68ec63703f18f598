// Gradients of rows that were taken, and of tables that were added to.
import { firstRow } from "../gemm/pack";
import { int, word } from "../record";
import { loadLanes, storeLanes } from "./sums";
import { ImageSumsField as S, PlaceRowsField as P, TableBackwardField as T } from "./tape";

export function placeRows(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, P.Rows), bytes = word(record, P.Columns) << 2;
  const from = int(record, P.From), to = from + int(record, P.Count);
  const factor = f32x4.splat(reinterpret<f32>(int(record, P.Factor)));
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    const output = word(record, P.Output) + <usize>row * word(record, P.OutputStride);
    if (row < from || row >= to) {
      memory.fill(output, 0, bytes);
      continue;
    }
    const input = word(record, P.Input) + <usize>(row - from) * word(record, P.InputStride);
    for (let at: usize = 0; at < bytes; at += 16) v128.store(output + at, f32x4.mul(v128.load(input + at), factor));
  }
}

/** Each row of the output gets the sum over images, in their order. */
export function imageSums(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, S.Rows), columns = int(record, S.Columns), images = int(record, S.Images);
  const stride = word(record, S.ImageBytes), adds = int(record, S.Adds) != 0;
  for (let row = rows * thread / threads, end = rows * (thread + 1) / threads; row < end; row++) {
    const input = word(record, S.Input) + <usize>row * word(record, S.InputStride);
    const output = word(record, S.Output) + <usize>row * word(record, S.OutputStride);
    for (let column = 0; column < columns; column += 4) {
      const at = <usize>column << 2, count = columns - column;
      let sum = adds ? loadLanes(output + at, count) : f32x4.splat(0);
      let p = input + at;
      for (let image = 0; image < images; image++, p += stride) sum = f32x4.add(sum, v128.load(p));
      storeLanes(output + at, sum, count, false);
    }
  }
}

/** Work is split by columns, since tokens share rows of the table. */
export function tableBackward(record: usize, thread: i32, threads: i32): void {
  const columns = int(record, T.Columns), jobs = (columns + 3) >> 2;
  const from = jobs * thread / threads << 2, to = min(columns, jobs * (thread + 1) / threads << 2);
  if (from >= to) return;
  const output = word(record, T.Output), stride = word(record, T.OutputStride);
  if (!int(record, T.Adds)) {
    for (let row = 0, p = output + (<usize>from << 2); row < int(record, T.TableRows); row++, p += stride) {
      memory.fill(p, 0, <usize>(to - from) << 2);
    }
  }
  const rows = int(record, T.Rows);
  let ids = word(record, T.Ids);
  for (let image = 0; image < int(record, T.Images); image++) {
    let input = word(record, T.Input) + <usize>image * word(record, T.ImageBytes);
    for (let row = 0; row < rows; row++, input += word(record, T.InputStride), ids += 4) {
      const target = output + <usize>load<u32>(ids) * stride;
      for (let column = from; column < to; column += 4) {
        const at = <usize>column << 2;
        storeLanes(target + at, v128.load(input + at), to - column, true);
      }
    }
  }
}
