// The right-hand layout of the matrix product: columns in panels of NR, each panel [k][column of
// panel], the last one padded with zeros (fresh memory). Weights are written there while a file is read,
// so a model is never in memory twice.
import { NR, PANEL_STEP } from "./microkernel";

@inline
function address(panels: usize, inner: i32, k: i32, column: i32): usize {
  const panel = column / NR;
  return panels + (<usize>panel * inner + k) * PANEL_STEP + <usize>(column - panel * NR) * 4;
}

/**
 * Writes elements `start` to `start + count` of a region of a `[inner, ...]` matrix: `rows` by `columns`
 * from (row, column), in row-major order, or column-major where `transposed`.
 */
export function packPanels(
  source: usize, count: i32, panels: usize, inner: i32,
  row: i32, column: i32, rows: i32, columns: i32, transposed: i32, start: u32,
): void {
  const line = transposed ? rows : columns;
  let major = <i32>(start / <u32>line);
  let minor = <i32>(start - <u32>major * line);
  const end = source + <usize>count * 4;
  while (source < end) {
    const run = min(line - minor, <i32>((end - source) >> 2));
    if (transposed) down(source, address(panels, inner, row + minor, column + major), run);
    else across(source, panels, inner, row + major, column + minor, run);
    source += <usize>run * 4;
    minor = 0;
    major++;
  }
}

function down(source: usize, target: usize, count: i32): void {
  for (const end = source + <usize>count * 4; source < end; source += 4, target += PANEL_STEP) {
    f32.store(target, f32.load(source));
  }
}

function across(source: usize, panels: usize, inner: i32, k: i32, column: i32, count: i32): void {
  const last = column + count;
  while (column < last) {
    const run = min(NR - column % NR, last - column);
    memory.copy(address(panels, inner, k, column), source, <usize>run * 4);
    source += <usize>run * 4;
    column += run;
  }
}
