// The right-hand sides of products of gradients.
import { NR, PANEL_STEP } from "../gemm/microkernel";
import { int, word } from "../record";
import { transposeRows } from "../transpose";
import { addHigh, addLow, BLOCK, narrowed, storeLanes } from "./sums";
import { PanelPackField as P, PanelTransposeField as T } from "./tape";

/** Copies rows into panels, padded with zeros, and sums the columns. Work is split by panels. */
export function packPanelRows(record: usize, thread: i32, threads: i32): void {
  const columns = int(record, P.Columns), inner = int(record, P.Inner);
  const sums = word(record, P.Sums), adds = int(record, P.Adds) != 0;
  const panels = (columns + NR - 1) / NR;
  for (let panel = panels * thread / threads, end = panels * (thread + 1) / threads; panel < end; panel++) {
    const left = panel * NR;
    const base = word(record, P.Panels) + (<usize>panel * inner + int(record, P.From)) * PANEL_STEP;
    for (let lane = 0; lane < NR; lane += 4) {
      const at = <usize>lane << 2, count = min(4, columns - left - lane);
      const sum = sums && count > 0 ? sums + (<usize>(left + lane) << 2) : <usize>0;
      packVectors(word(record, P.Input) + (<usize>left << 2) + at, word(record, P.InputStride), base + at, int(record, P.Rows), count, sum, adds);
    }
  }
}

/** The lanes of a vector that are below `count`. */
@inline
function lanesBelow(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** Copies four columns, of which `count` count, and stores their sums, unless `sums` is 0. */
function packVectors(
  input: usize, stride: usize, target: usize, rows: i32, count: i32, sums: usize, adds: bool,
): void {
  const mask = lanesBelow(count);
  let low = f64x2.splat(0), high = low;
  for (let row = 0; row < rows; row += BLOCK) {
    let s = f32x4.splat(0);
    for (const end = target + <usize>min(BLOCK, rows - row) * PANEL_STEP; target < end; target += PANEL_STEP, input += stride) {
      const v = v128.and(v128.load(input), mask);
      v128.store(target, v);
      s = f32x4.add(s, v);
    }
    low = addLow(low, s);
    high = addHigh(high, s);
  }
  if (sums) storeLanes(sums, narrowed(low, high), count, adds);
}

/**
 * Transposes panels in squares of NR. Columns of padding get copies of others or stay as they are: they only lead to
 * columns of padding.
 */
export function transposePanels(record: usize, thread: i32, threads: i32): void {
  const input = word(record, T.Input), output = word(record, T.Output);
  const rows = int(record, T.Rows), columns = int(record, T.Columns);
  const panels = (rows + NR - 1) / NR;
  for (let panel = panels * thread / threads, end = panels * (thread + 1) / threads; panel < end; panel++) {
    const row = panel * NR;
    for (let column = 0; column < columns; column += NR) {
      transposeRows(
        input + (<usize>(column / NR) * rows + row) * PANEL_STEP, PANEL_STEP,
        output + (<usize>panel * columns + column) * PANEL_STEP, PANEL_STEP,
        min(NR, columns - column), min(NR, rows - row),
      );
    }
  }
}
