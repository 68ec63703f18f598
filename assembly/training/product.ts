// The gradient of a kernel, in the layout of the kernel: a product whose result is in panels.
import { MR, PANEL_STEP, tile, TILE_STEP } from "../gemm/microkernel";
import { int, word } from "../record";
import { PanelProductField as P } from "./tape";

/** Work is split by panel and tile; each element of the result is one sum, in the order of k. */
export function panelProduct(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, P.Rows), inner = int(record, P.Inner);
  const packed = word(record, P.Packed), panels = word(record, P.Panels), output = word(record, P.Output);
  const zeros = word(record, P.Zeros), adds = int(record, P.Adds) != 0;
  const tiles = (rows + MR - 1) / MR;
  const jobs = int(record, P.PanelCount) * tiles;
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const panel = job / tiles, index = job - panel * tiles, row = index * MR;
    const c = output + (<usize>panel * rows + row) * PANEL_STEP;
    tile(
      min(MR, rows - row), packed + <usize>index * inner * TILE_STEP, panels + <usize>panel * inner * PANEL_STEP,
      c, PANEL_STEP, inner, zeros, adds ? c : <usize>0, PANEL_STEP,
    );
  }
}
