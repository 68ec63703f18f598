// C = activation(A B + bias) + residual. The outer loop runs over panels: a panel of B stays in the
// cache while all of A is read. At the sizes of a ViT, k needs no blocking.
import { Activation } from "../tape";
import { NEAR_ERF, NEAR_TANH, rowGeluErf, rowGeluNear, rowSigmoid, rowTanh, SIGMOIDS } from "../pointwise";
import { INTEGER_MR, integerTile } from "./integer-microkernel";
import { MR, PANEL_STEP, tile } from "./microkernel";

/** Steps of k reserved for the scales and zero points of A, and for the scales and sums of B. */
export const SCALE_STEPS: i32 = 2;

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
  for (let panel = from; panel < to; panel++) {
    const left = <usize>panel * PANEL_STEP;
    const bPanel = b + <usize>panel * panelBytes;
    let aTile = a, cTile = c + left, rTile = early ? early + left : 0;
    for (let row = 0; row < rows; row += top) {
      const height = min(top, rows - row);
      if (integer) integerTile(height, aTile, bPanel, cTile, stride, steps, bias + left, rTile, residualStride);
      else tile(height, aTile, bPanel, cTile, stride, steps, bias + left, rTile, residualStride);
      if (activation != Activation.None) {
        for (let i = 0, p = cTile; i < height; i++, p += stride) activateRow(p, activation, integer);
        if (residual) add(cTile, stride, height, residual + <usize>row * residualStride + left, residualStride);
      }
      aTile += stored * <usize>(top << 2);
      cTile += <usize>top * stride;
      if (rTile) rTile += <usize>top * residualStride;
    }
  }
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
