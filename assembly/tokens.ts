/** A thread's share of the rows: prefix tokens, then the input's rows, plus the position embedding. */
export function addTokens(
  input: usize, inputStride: usize, output: usize, outputStride: usize, rows: i32, columns: i32,
  prefix: usize, prefixRows: i32, position: usize, thread: i32, threads: i32,
): void {
  const bytes = <usize>columns * 4;
  for (let row = rows * thread / threads, end = rows * (thread + 1) / threads; row < end; row++) {
    const source = row < prefixRows ? prefix + <usize>row * bytes : input + <usize>(row - prefixRows) * inputStride;
    const offset = position + <usize>row * bytes;
    const target = output + <usize>row * outputStride;
    for (let at: usize = 0; at < bytes; at += 4) f32.store(target + at, f32.load(source + at) + f32.load(offset + at));
  }
}

/** A thread's share of the tokens: the row of each in the table, plus the row of its position, plus the segment. */
export function embedTokens(
  ids: usize, idStride: usize, output: usize, outputStride: usize, rows: i32, columns: i32,
  table: usize, position: usize, segment: usize, thread: i32, threads: i32,
): void {
  const bytes = <usize>columns * 4;
  for (let row = rows * thread / threads, end = rows * (thread + 1) / threads; row < end; row++) {
    const source = table + <usize>load<u32>(ids + <usize>row * idStride) * bytes;
    const offset = position + <usize>row * bytes;
    const target = output + <usize>row * outputStride;
    for (let at: usize = 0; at < bytes; at += 4) {
      f32.store(target + at, f32.load(source + at) + f32.load(offset + at) + f32.load(segment + at));
    }
  }
}

/** The mean of all rows, for a thread's share of columns; summed in f64 to stay accurate over many rows. */
export function meanRows(input: usize, stride: usize, output: usize, rows: i32, columns: i32, thread: i32, threads: i32): void {
  for (let column = columns * thread / threads, end = columns * (thread + 1) / threads; column < end; column++) {
    let sum: f64 = 0;
    let p = input + (<usize>column << 2);
    for (let row = 0; row < rows; row++, p += stride) sum += <f64>f32.load(p);
    f32.store(output + (<usize>column << 2), <f32>(sum / <f64>rows));
  }
}
