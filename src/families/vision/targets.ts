import type { ModelConfig } from '../../checkpoint/model-config.ts'
import { swapInner } from '../../checkpoint/plan/rearrange.ts'
import { shapeOf } from '../../checkpoint/plan/shape.ts'
import type { Target } from '../../checkpoint/write/target.ts'
import { UnsupportedError } from '../../errors.ts'
import type { FileNames } from '../family.ts'
import { patchGrid } from '../vit/grid.ts'
import { prefixTokens, type VisionTower } from './config.ts'
import { type Dims, dimsOf } from './dims.ts'
import { ownNames } from './names/own.ts'
import { isRotated, slotPieces } from './pieces.ts'
import { offsetsOf, tableOf } from './relative-positions.ts'
import { isInterleaved, toNeighbours } from './rope.ts'
import { hasSlot, isKernel, places, type Slot } from './slots.ts'

/** The matrices of the blocks, which hold nearly all weights. */
const matrices: ReadonlySet<Slot> = new Set([
  ...(['qkv.kernel', 'proj.kernel', 'fc1.kernel', 'fc2.kernel'] as const),
])

/**
 * The tensors of a file of ours.
 * @throws UnsupportedError for names of the release, which has no such models
 */
export function visionTargets(config: VisionTower & ModelConfig, names: FileNames): Target[] {
  if (names === 'official') {
    throw new UnsupportedError(
      `google-research/vision_transformer has no models of the family ${config.family}, so there are no files of its names; write safetensors.`,
    )
  }
  const grid = patchGrid(config)
  const dims = dimsOf(config, {
    positions: prefixTokens(config) + grid[0] * grid[1],
    offsets: offsetsOf(grid),
  })
  return ownNames
    .filter(([, slot]) => hasSlot(slot, config) && !isInQkv(slot, config))
    .flatMap(([name, slot, shape]) =>
      Array.from({ length: name.includes('#') ? config.depth : 1 }, (_, block) => ({
        name: name.replace('#', String(block)),
        shape: shapeOf(shape, dims),
        isMatrix: matrices.has(slot),
        pieces: piecesOf(slot, block, config, dims),
        ...rearrangement(slot, config, dims),
      })),
    )
}

/** `[a, b, length]` to `[b, a, length]`. */
function swapOuter(values: Float32Array, a: number, b: number, length: number): Float32Array {
  const swapped = new Float32Array(values.length)
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const from = (i * b + j) * length
      swapped.set(values.subarray(from, from + length), (j * a + i) * length)
    }
  }
  return swapped
}

/** Is it in the one bias of queries, keys and values? */
const isInQkv = (slot: Slot, { qkvBias }: VisionTower) =>
  qkvBias === true && (slot === 'query.bias' || slot === 'value.bias')

/** The rectangles of our weights that a tensor is read from; what rearranges a tensor comes after that. */
function piecesOf(slot: Slot, block: number, config: VisionTower, dims: Dims) {
  const pieces = slotPieces(slot, block, '', config, dims, { transposed: true })
  // Both halves one after the other; they are put side by side at the end.
  if (slot === 'both_heads.kernel') {
    const count = dims.D * dims.K
    return pieces.map((piece, half) => ({ ...piece, start: half * count, count }))
  }
  if (slot !== 'relative_positions') return pieces
  const [down, across] = patchGrid(config)
  const tokens = 1 + down * across
  const rows = config.heads * tokens
  const region = { row: 0, column: 0, rows, columns: tokens, transposed: false }
  return pieces.map((piece) => ({ ...piece, count: rows * tokens, region }))
}

function rearrangement(
  slot: Slot,
  config: VisionTower,
  dims: Dims,
): Pick<Target, 'rearrange'> | undefined {
  if (slot === 'patch.kernel') {
    return { rearrange: (values) => swapInner(values, dims.h * dims.w, dims.C) }
  }
  const { heads, width, classes } = config
  if (slot === 'both_heads.kernel') {
    return { rearrange: (values) => swapOuter(values, 2, classes, width) }
  }
  if (slot === 'relative_positions') {
    return { rearrange: (biases) => tableOf(biases, patchGrid(config), heads) }
  }
  if (!isInterleaved(config) || !places[slot].some(isRotated)) return undefined
  const length = isKernel(slot) ? width : 1
  return {
    rearrange(values) {
      const result = Float32Array.from(values)
      places[slot].forEach((place, i) => {
        const part = values.subarray(i * width * length, (i + 1) * width * length)
        if (isRotated(place)) result.set(toNeighbours(part, length, heads), i * width * length)
      })
      return result
    },
  }
}
