/**
 * Rows of the transposed matrix plus a residual (0 for none), in squares of four by four. Output rows must have room
 * for `columns` rounded up to four.
 */
export function transposeRows(
  input: usize, inputStride: usize, output: usize, outputStride: usize, rows: i32, columns: i32,
  residual: usize, residualStride: usize,
): void {
  const last = input + <usize>(columns - 1) * inputStride;
  for (let column = 0; column < columns; column += 4, input += 4 * inputStride, output += 16) {
    const r1 = min(last, input + inputStride), r2 = min(last, r1 + inputStride), r3 = min(last, r2 + inputStride);
    let target = output, add = residual;
    for (let row = 0; row < rows; row += 4) {
      const left = <usize>row << 2;
      const v0 = v128.load(input + left), v1 = v128.load(r1 + left);
      const v2 = v128.load(r2 + left), v3 = v128.load(r3 + left);
      const t0 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
      const t2 = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7), t3 = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
      put(target, v128.shuffle<i64>(t0, t1, 0, 2), add);
      if (row + 1 < rows) put(target + outputStride, v128.shuffle<i64>(t0, t1, 1, 3), add ? add + residualStride : <usize>0);
      if (row + 2 < rows) put(target + 2 * outputStride, v128.shuffle<i64>(t2, t3, 0, 2), add ? add + 2 * residualStride : <usize>0);
      if (row + 3 < rows) put(target + 3 * outputStride, v128.shuffle<i64>(t2, t3, 1, 3), add ? add + 3 * residualStride : <usize>0);
      target += 4 * outputStride;
      if (add) add += 4 * residualStride;
    }
    if (residual) residual += 16;
  }
}

@inline
function put(target: usize, v: v128, residual: usize): void {
  v128.store(target, residual ? f32x4.add(v, v128.load(residual)) : v);
}
