import type { Piece } from '../checkpoint/plan/piece.ts'
import { swapInner } from '../checkpoint/plan/rearrange.ts'
import type { Standardize } from '../checkpoint/plan/standardize.ts'
import type { Target } from '../checkpoint/write/target.ts'

/** A weight that one tensor fills: a vector, a matrix, or the kernel of a convolution. */
export interface WholeWeight {
  readonly weight: string
  /** Of the tensor: `[n]`; `[in, out]` or `[height, width, in, out]`; transposed `[out, in]` or `[out, in, height, width]`. */
  readonly shape: readonly number[]
  /** Kernels are stored `[out, in]`. */
  readonly transposed: boolean
  readonly standardize?: Standardize | undefined
}

/** The piece that is all of the weight. */
export function wholePiece(whole: WholeWeight, tensor: string, scale = 1): Piece {
  const { weight, shape, transposed, standardize } = whole
  const count = shape.reduce((product, side) => product * side, 1)
  const columns = transposed ? shape[0]! : shape.at(-1)!
  const isVector = shape.length === 1
  const region = {
    row: 0,
    column: 0,
    rows: isVector ? 1 : count / columns,
    columns,
    transposed: transposed && !isVector,
  }
  return {
    weight,
    tensor,
    start: 0,
    count,
    region,
    scale,
    ...(isChannelsFirst(whole) && {
      rearrange: { kind: 'channels_last', channels: shape[1]!, positions: shape[2]! * shape[3]! },
    }),
    ...(standardize && { standardize }),
  }
}

/** A file's tensor of all of the weight. */
export function wholeTarget(name: string, whole: WholeWeight, isMatrix = false): Target {
  const { shape } = whole
  return {
    name,
    shape,
    isMatrix,
    pieces: [wholePiece(whole, '')],
    ...(isChannelsFirst(whole) && {
      rearrange: (values: Float32Array) => swapInner(values, shape[2]! * shape[3]!, shape[1]!),
    }),
  }
}

/** PyTorch stores a convolution's channels before its positions; our windows interleave them. */
const isChannelsFirst = ({ shape, transposed }: WholeWeight) => transposed && shape.length === 4
