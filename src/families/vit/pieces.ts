import type { Piece } from '../../checkpoint/plan/piece.ts'
import type { EncoderConfig } from './config.ts'
import type { Dims } from './dims.ts'
import { isKernel, type Place, places, type Slot } from './slots.ts'

/**
 * The pieces of one tensor.
 * @param transposed kernels are stored `[out, in]`
 */
export function slotPieces(
  slot: Slot,
  block: number,
  tensor: string,
  config: EncoderConfig,
  dims: Dims,
  transposed: boolean,
  scale: number,
): Piece[] {
  let start = 0
  return places[slot].map((place: Place): Piece => {
    const rows = place.rows === 1 ? 1 : dims[place.rows]
    const columns = place.columns === 1 ? 1 : dims[place.columns]
    const count = rows * columns
    const piece: Piece = {
      weight: place.weight.replace('#', String(block)),
      tensor,
      start,
      count,
      region: {
        row: place.row === 'distillation' ? Number(config.classToken) : 0,
        column: place.column ? dims[place.column] : 0,
        rows,
        columns,
        transposed: transposed && isKernel(slot),
      },
      scale,
    }
    start += count
    if (slot !== 'patch.kernel' || !transposed) return piece
    // PyTorch stores a convolution's channels before its pixels; our patches interleave them.
    const positions = dims.h * dims.w
    return { ...piece, rearrange: { kind: 'channels_last', channels: dims.C, positions } }
  })
}
