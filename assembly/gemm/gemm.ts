// C = activation(A B + bias) + residual. The outer loop runs over panels: a panel of B stays in the
// cache while all of A is read. Where A is too large for the second cache, k is cut into blocks.
import { Activation } from "../tape";
import { NEAR_ERF, NEAR_TANH, rowGeluErf, rowGeluNear, rowSigmoid, rowTanh, SIGMOIDS } from "../pointwise";
import { INTEGER_MR, INTEGER_UNROLL, integerTile } from "./integer-microkernel";
import { MR, PANEL_STEP, tile, UNROLL } from "./microkernel";
import { readAhead } from "./read-ahead";

/** Steps of k reserved for the scales and zero points of A, and for the scales and sums of B. */
export const SCALE_STEPS: i32 = 2;

/** The most words of A, 1.8 MB, that are read for every panel without a cut, and the rows that are too many for one. */
const UNCUT_WORDS: i32 = 450_000, UNCUT_ROWS: i32 = 640;
/** The words of A, 1.3 MB, and the least steps that a block of k should have: every block reads and writes C again. */
const BLOCK_WORDS: i32 = 320_000, LEAST_STEPS: i32 = 512;

const ZEROS: usize = memory.data(64, 16);

/** Only unrolled loops read ahead. */
const AHEAD: bool = UNROLL > 1 || INTEGER_UNROLL > 1;
/** With fewer tiles nearly every byte would be on a new line of the cache, and tiles would wait for it: 4 % slower on Zen 5. */
const LEAST_TILES: usize = 24;

/**
 * Computes panels `from` to `to`. A is packed, B is in panels, the other matrices are row-major. `steps` is
 * the number of 32-bit words in a row of A: floats, or groups of integers (see integer-pack.ts).
 */
export function gemm(
  a: usize, b: usize, c: usize, stride: usize, rows: i32, steps: i32,
  bias: usize, residual: usize, residualStride: usize, activation: i32, integer: bool, from: i32, to: i32,
): void {
  const top = integer ? INTEGER_MR : MR;
  const stored = <usize>(integer ? steps + SCALE_STEPS : steps);
  const panelBytes = stored * PANEL_STEP;
  // The residual is added after the activation.
  const early = activation == Activation.None ? residual : 0;
  const block = integer ? steps : blockSteps(rows, steps);
  for (let k = 0; k < steps; k += block) {
    const count = min(block, steps - k), last = k + count == steps;
    const turns = <usize>(count / (integer ? INTEGER_UNROLL : UNROLL));
    const pace: usize = AHEAD ? paceOf(<usize>count * PANEL_STEP, rows, top, turns) : 0;
    for (let panel = from; panel < to; panel++) {
      const left = <usize>panel * PANEL_STEP;
      const bPanel = b + <usize>panel * panelBytes + <usize>k * PANEL_STEP;
      let aTile = a, cTile = c + left, rTile = early ? early + left : 0;
      let next = panel + 1 < to && pace ? bPanel + panelBytes : 0;
      for (let row = 0; row < rows; row += top) {
        const height = min(top, rows - row);
        // Tiles of fewer rows take more turns, which would leave the panel.
        if (AHEAD) readAhead(next, next && height == top ? pace : 0);
        if (integer) integerTile(height, aTile, bPanel, cTile, stride, count, bias + left, rTile, residualStride);
        else if (k == 0) tile(height, aTile, bPanel, cTile, stride, count, bias + left, rTile, residualStride);
        else tile(height, aTile + <usize>(k * height << 2), bPanel, cTile, stride, count, ZEROS, cTile, stride);
        if (last && activation != Activation.None) {
          for (let i = 0, p = cTile; i < height; i++, p += stride) activateRow(p, activation, integer);
          if (residual) add(cTile, stride, height, residual + <usize>row * residualStride + left, residualStride);
        }
        if (next) next += pace * turns;
        aTile += stored * <usize>(top << 2);
        cTile += <usize>top * stride;
        if (rTile) rTile += <usize>top * residualStride;
      }
    }
  }
}

/** Steps of k in a block. The order in which products are summed is that of a single block, so the bits are the same. */
function blockSteps(rows: i32, steps: i32): i32 {
  if (rows * steps <= UNCUT_WORDS || rows > UNCUT_ROWS) return steps;
  const most = max(BLOCK_WORDS / rows, LEAST_STEPS);
  const blocks = (steps + most - 1) / most;
  return ((steps + blocks - 1) / blocks + 7) & ~7;
}

/** The distance of the bytes read ahead, so that all tiles together pass a panel once. */
function paceOf(panelBytes: usize, rows: i32, top: i32, turns: usize): usize {
  const tiles = <usize>((rows + top - 1) / top);
  return tiles < LEAST_TILES || turns == 0 ? 0 : panelBytes / (tiles * turns);
}

/**
 * Applies an activation to a row of a panel.
 * @param near whether GELU may be approximate, since the result is quantised next
 */
export function activateRow(c: usize, activation: i32, near: bool): void {
  if (activation == Activation.Tanh) rowTanh(c);
  else if (near && activation <= Activation.GeluTanh) {
    rowGeluNear(c, activation == Activation.GeluErf ? NEAR_ERF : NEAR_TANH);
  } else if (activation == Activation.GeluErf) rowGeluErf(c);
  else rowSigmoid(c, sigmoidOf(activation));
}

/** The constants of an activation that is x times a sigmoid. */
@inline
export function sigmoidOf(activation: i32): usize {
  return SIGMOIDS + (<usize>(activation - Activation.GeluTanh) << 4);
}

/** Adds the residual to the columns of a panel. */
export function add(c: usize, stride: usize, rows: i32, residual: usize, residualStride: usize): void {
  for (let row = 0; row < rows; row++, c += stride, residual += residualStride) {
    for (let at: usize = 0; at < PANEL_STEP; at += 16) {
      v128.store(c + at, f32x4.add(v128.load(c + at), v128.load(residual + at)));
    }
  }
}
