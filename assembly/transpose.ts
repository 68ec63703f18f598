/**
 * Rows of the transposed matrix, in squares of four by four. Each has room for `columns` rounded up to four. Where there
 * are fewer than four rows or columns left, the last one is taken again; rows are stored from the last, so that each
 * ends up with its own.
 */
export function transposeRows(
  input: usize, inputStride: usize, output: usize, outputStride: usize, rows: i32, columns: i32,
): void {
  const last = input + <usize>(columns - 1) * inputStride;
  for (let column = 0; column < columns; column += 4, input += 4 * inputStride, output += 16) {
    const bottom = output + <usize>(rows - 1) * outputStride;
    const r1 = min(last, input + inputStride), r2 = min(last, r1 + inputStride), r3 = min(last, r2 + inputStride);
    let left: usize = 0;
    for (let target = output; target <= bottom; target += 4 * outputStride, left += 16) {
      const v0 = v128.load(input + left), v1 = v128.load(r1 + left);
      const v2 = v128.load(r2 + left), v3 = v128.load(r3 + left);
      const t0 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
      const t2 = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7), t3 = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
      const o1 = min(bottom, target + outputStride), o2 = min(bottom, o1 + outputStride);
      v128.store(min(bottom, o2 + outputStride), v128.shuffle<i64>(t2, t3, 1, 3));
      v128.store(o2, v128.shuffle<i64>(t2, t3, 0, 2));
      v128.store(o1, v128.shuffle<i64>(t0, t1, 1, 3));
      v128.store(target, v128.shuffle<i64>(t0, t1, 0, 2));
    }
  }
}
