import type { Piece } from '../../checkpoint/plan/piece.ts'
import type { Rearrange } from '../../checkpoint/plan/rearrange.ts'
import type { VisionTower } from './config.ts'
import type { Dims } from './dims.ts'
import { isInterleaved, toHalves } from './rope.ts'
import { isKernel, type Place, places, type Slot, splitSlot } from './slots.ts'

export interface SlotOptions {
  /** Kernels are stored `[out, in]`. */
  readonly transposed: boolean
  /** The tensor of the branch's factors, where they are to be multiplied in. */
  readonly scaleBy?: string | undefined
  /** The tensor of factors for every value, which belong to it. */
  readonly mask?: string | undefined
}

/** The pieces of one tensor. */
export function slotPieces(
  slot: Slot,
  block: number,
  tensor: string,
  config: VisionTower,
  dims: Dims,
  { transposed, scaleBy, mask }: SlotOptions,
): Piece[] {
  let start = 0
  const isMatrix = transposed && isKernel(slot)
  if (slot === 'both_heads.kernel') return bothHeads(tensor, dims)
  return places[slot].map((place: Place): Piece => {
    const rows = place.rows === 1 ? 1 : dims[place.rows]
    const columns = place.columns === 1 ? 1 : dims[place.columns]
    const count = rows * columns
    const rearrange = rearrangement(slot, place, config, dims, transposed)
    const piece: Piece = {
      weight: place.weight.replace('#', String(block)),
      tensor,
      start,
      count,
      region: {
        row: place.row === 'classes' ? Number(config.classToken) : 0,
        column: place.column ? dims[place.column] : 0,
        rows,
        columns,
        transposed: isMatrix,
      },
      scale: 1,
      ...(rearrange && { rearrange }),
      ...(scaleBy && { scaleBy: { tensor: scaleBy, start: 0, apart: true } }),
      ...(mask && { scaleBy: { tensor: mask, start, apart: false } }),
      ...(isFactor(slot) && { forFilesOnly: true }),
    }
    start += count
    return piece
  })
}

/** One kernel `[classes, 2 * width]`, of which the class token reads the left half and the mean the right one. */
function bothHeads(tensor: string, { D, K }: Dims): Piece[] {
  const halfOf = (values: Float32Array, half: number) => {
    const result = new Float32Array(K * D)
    for (let row = 0; row < K; row++) {
      const from = (2 * row + half) * D
      result.set(values.subarray(from, from + D), row * D)
    }
    return result
  }
  return places['both_heads.kernel'].map(({ weight }, half) => ({
    weight,
    tensor,
    start: 0,
    count: 2 * D * K,
    region: { row: 0, column: 0, rows: D, columns: K, transposed: true },
    scale: 1,
    rearrange: { kind: 'own', change: (values) => halfOf(values, half) },
  }))
}

/** The factors of LayerScale are in the kernels that they scale. */
export const isFactor = (slot: Slot) => slot === 'layer_scale1' || slot === 'layer_scale2'

/** The slot of the factors of a linear layer that ends a branch. */
export function factorsOf(slot: Slot): Slot | undefined {
  const [layer] = splitSlot(slot)
  if (layer === 'proj') return 'layer_scale1'
  return layer === 'fc2' ? 'layer_scale2' : undefined
}

function rearrangement(
  slot: Slot,
  place: Place,
  config: VisionTower,
  dims: Dims,
  transposed: boolean,
): Rearrange | undefined {
  if (slot === 'patch.kernel' && transposed) {
    // PyTorch stores a convolution's channels before its pixels; our patches interleave them.
    return { kind: 'channels_last', channels: dims.C, positions: dims.h * dims.w }
  }
  if (!isInterleaved(config) || !isRotated(place)) return undefined
  const { width, heads } = config
  const length = isKernel(slot) ? width : 1
  return { kind: 'own', change: (values) => toHalves(values, length, heads) }
}

/** Does this hold queries or keys of the blocks? Values are not rotated. */
export const isRotated = ({ weight, column }: Place) =>
  /^blocks\.#\.(query|key_value)\./.test(weight) && !column
