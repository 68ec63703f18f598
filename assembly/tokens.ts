/** Rows `first`, `first + step`, …: prefix tokens, then the input's rows; plus the position embedding. */
export function addTokens(
  input: usize, inputStride: usize, output: usize, outputStride: usize, rows: i32, columns: i32,
  prefix: usize, prefixRows: i32, position: usize, first: i32, step: i32,
): void {
  const bytes = <usize>columns * 4;
  for (let row = first; row < rows; row += step) {
    const source = row < prefixRows ? prefix + <usize>row * bytes : input + <usize>(row - prefixRows) * inputStride;
    const offset = position + <usize>row * bytes;
    const target = output + <usize>row * outputStride;
    for (let at: usize = 0; at < bytes; at += 4) f32.store(target + at, f32.load(source + at) + f32.load(offset + at));
  }
}

/** The mean of all rows, for columns `first`, `first + step`, …; summed in f64, so rows may be many. */
export function meanRows(input: usize, stride: usize, output: usize, rows: i32, columns: i32, first: i32, step: i32): void {
  for (let column = first; column < columns; column += step) {
    let sum: f64 = 0;
    let p = input + (<usize>column << 2);
    for (let row = 0; row < rows; row++, p += stride) sum += <f64>f32.load(p);
    f32.store(output + (<usize>column << 2), <f32>(sum / <f64>rows));
  }
}
