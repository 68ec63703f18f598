import { int, word } from "./record";
import { TokensField as F } from "./tape";

/**
 * A thread's share of the rows: prefix tokens, then the input's rows (in order, or those that Ids tells), plus the
 * position embedding and the segment.
 */
export function addTokens(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), prefixRows = int(record, F.PrefixRows);
  const bytes = word(record, F.Columns) << 2;
  const ids = word(record, F.Ids), segment = word(record, F.Segment);
  for (let row = rows * thread / threads, end = rows * (thread + 1) / threads; row < end; row++) {
    const index = ids ? load<i32>(ids + (<usize>row << 2)) : row - prefixRows;
    const source = row < prefixRows
      ? word(record, F.Prefix) + <usize>row * bytes
      : word(record, F.Input) + <usize>index * word(record, F.InputStride);
    const offset = word(record, F.Position) + <usize>row * bytes;
    const target = word(record, F.Output) + <usize>row * word(record, F.OutputStride);
    for (let at: usize = 0; at < bytes; at += 4) {
      f32.store(target + at, f32.load(source + at) + f32.load(offset + at) + f32.load(segment + at));
    }
  }
}

/**
 * The mean of all rows, for a thread's share of columns; summed in f64 to stay accurate over many rows.
 * @param sizes weights of the rows; 0 for equal ones
 */
export function meanRows(
  input: usize, stride: usize, output: usize, rows: i32, columns: i32, sizes: usize, sizesStride: usize,
  thread: i32, threads: i32,
): void {
  for (let column = columns * thread / threads, end = columns * (thread + 1) / threads; column < end; column++) {
    let sum: f64 = 0, weights: f64 = 0;
    let p = input + (<usize>column << 2);
    for (let row = 0; row < rows; row++, p += stride) {
      const weight: f64 = sizes ? <f64>f32.load(sizes + <usize>row * sizesStride) : 1;
      sum += weight * <f64>f32.load(p);
      weights += weight;
    }
    f32.store(output + (<usize>column << 2), <f32>(sum / weights));
  }
}
