import type { Region } from '../backends/backend.ts'
import type { ViTConfig } from '../models/config.ts'
import type { Dims } from './names/dims.ts'
import { isKernel, type Place, places, type Slot } from './names/slots.ts'
import type { Rearrange } from './rearrange.ts'

/** A run of a tensor's values and the rectangle of a weight that it fills. */
export interface Piece {
  readonly weight: string
  readonly tensor: string
  /** The run: `count` values from `start` on, in row-major order. */
  readonly start: number
  readonly count: number
  readonly region: Region
  /** Values are multiplied by this while they are loaded. */
  readonly scale: number
  /** Done to the run before it fills the region; the run may change its length. */
  readonly rearrange?: Rearrange
}

/**
 * The pieces of one tensor.
 * @param transposed kernels are stored `[out, in]`
 */
export function slotPieces(
  slot: Slot,
  block: number,
  tensor: string,
  config: ViTConfig,
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
    // PyTorch puts the channels of a convolution before its places, our patches are interleaved.
    const positions = dims.h * dims.w
    return { ...piece, rearrange: { kind: 'channels_last', channels: 3, positions } }
  })
}
