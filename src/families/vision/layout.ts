import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import type { Found } from '../../checkpoint/plan/found.ts'
import type { Layout } from '../../checkpoint/plan/layout.ts'
import type { Piece } from '../../checkpoint/plan/piece.ts'
import type { TensorRow } from '../../checkpoint/plan/publisher.ts'
import type { Positions } from '../runnable.ts'
import { patchGrid } from '../vit/grid.ts'
import { checkSizes } from '../vit/layout.ts'
import { prefixTokens, type VisionTower } from './config.ts'
import { type Dims, dimsOf } from './dims.ts'
import { factorsOf, slotPieces } from './pieces.ts'
import { type PositionOptions, positionPieces, storedGridOf } from './positions.ts'
import { relativePieces } from './relative-positions.ts'
import { ropeTable } from './rope.ts'
import { hasSlot, isOptional, type Slot } from './slots.ts'

/**
 * What a model of this config wants of a file.
 * @param title for messages: `a DINOv2`
 * @throws ArgumentError where the file has fewer blocks, or the image holds no patch
 */
export function visionLayout(
  title: string,
  config: VisionTower,
  found: Found,
  positions: Positions,
  assumed: string[],
): Layout {
  checkSizes(config, found)
  const { transposed } = found.publisher
  const dims = dimsOf(config, {
    positions: found.tensor('position')?.shape.at(-2) ?? 0,
    offsets: offsetsIn(found),
  })
  const grids: PositionOptions = {
    resample: positions.resample,
    storedGrid:
      positions.storedGrid ??
      (positions.stored && patchGrid({ ...config, imageSize: positions.stored.imageSize })),
  }
  return {
    title: `${title} of width ${config.width} and ${config.depth} blocks`,
    blocks: config.depth,
    sizes: dims,
    tensors: withoutAlternatives(found),
    has: (slot) => hasSlot(slot as Slot, config),
    isOptional: (slot) => isOptional(slot as Slot),
    pieces(name, block, tensor) {
      const slot = name as Slot
      if (slot === 'position') return learnedPositions(tensor, config, grids, found, assumed)
      if (slot === 'relative_positions') return relativePieces(tensor, block, config, dims)
      const factors = factorsOf(slot)
      const scaleBy = factors && config.layerScale ? storedName(found, factors, block) : undefined
      const mask = slot === 'masked_qkv.bias' ? storedName(found, 'qkv_mask', block) : undefined
      const options = { transposed, scaleBy, mask }
      const pieces = slotPieces(slot, block, tensor.name, config, dims, options)
      return [...pieces, ...computed(slot, block, tensor, config, dims)]
    },
    // A head may have no bias: zeros are its kernel times 0.
    absent(slot) {
      const head = slot === 'head.bias' && found.tensor('head.kernel')
      return head
        ? slotPieces('head.bias', 0, head.name, config, dims, { transposed }).map(zero)
        : undefined
    },
  }
}

/**
 * What no tensor holds: the half of a bias that a model without biases of keys lacks, the rotations, positions of zero.
 * It comes with a tensor that every file has.
 */
function computed(
  slot: Slot,
  block: number,
  tensor: TensorInfo,
  config: VisionTower,
  dims: Dims,
): Piece[] {
  const vector = { tensor: tensor.name, start: 0, count: config.width, scale: 1 }
  if (slot === 'value.bias' && config.qkvBias === 'query_value') {
    return slotPieces('key.bias', block, tensor.name, config, dims, { transposed: false }).map(zero)
  }
  if (slot !== 'norm1.scale' || block > 0) return []
  const [down, across] = patchGrid(config)
  const whole = (
    weight: string,
    rows: number,
    columns: number,
    make: () => Float32Array,
  ): Piece => ({
    ...vector,
    weight,
    region: { row: 0, column: 0, rows, columns, transposed: false },
    rearrange: { kind: 'own', change: make },
  })
  const tables: Piece[] = []
  if (config.rope !== 'none') {
    const columns = config.width / config.heads
    tables.push(whole('rope', down * across, columns, () => ropeTable(config)))
  }
  if (!config.positions) {
    const rows = prefixTokens(config) + down * across
    const zeros = () => new Float32Array(rows * config.width)
    tables.push(whole('position', rows, config.width, zeros))
  }
  return tables
}

const zero = (piece: Piece): Piece => ({ ...piece, scale: 0 })

function learnedPositions(
  tensor: TensorInfo,
  config: VisionTower,
  options: PositionOptions,
  found: Found,
  assumed: string[],
) {
  const prefix = firstVector(found)
  const pieces = positionPieces(tensor, config, prefix, options)
  if (!pieces) {
    return 'which does not tell its grid: pass storedGrid, the rows and columns of patches it was made for'
  }
  const resized = pieces.find((piece) => piece.rearrange)?.rearrange
  if (!options.storedGrid && resized?.kind === 'resize') {
    assumed.push(`a grid of ${resized.from.join('x')} positions in the file`)
  }
  return pieces
}

/** A vector of the model's width, of which zeros are made. */
function firstVector(found: Found): string {
  return storedName(found, 'norm1.scale', 0) ?? ''
}

/** The name in the file of a slot's tensor. */
export function storedName(found: Found, slot: Slot, block: number): string | undefined {
  for (const [row, of] of found.publisher.tensors) {
    const name = of === slot ? found.stored.get(row.replace('#', String(block))) : undefined
    if (name !== undefined) return name
  }
  return undefined
}

/** Rows of a table of offsets in the first block. */
function offsetsIn(found: Found): number {
  const name = storedName(found, 'relative_positions', 0)
  return name === undefined ? 0 : (found.file.tensors.get(name)?.shape.at(-2) ?? 0)
}

/** Forms of the same weights, of which a file has one; the first slot of a form tells which. */
const forms: readonly (readonly (readonly Slot[])[])[] = [
  [['qkv.kernel'], ['query.kernel', 'key.kernel', 'value.kernel']],
  [['qkv_mask', 'masked_qkv.bias'], ['qkv.bias'], ['query.bias', 'key.bias', 'value.bias']],
  [
    ['gate.kernel', 'gate.bias', 'up.kernel', 'up.bias'],
    ['fc1.kernel', 'fc1.bias'],
  ],
  [['projection.matrix'], ['projection.kernel']],
  [['head.matrix'], ['head.kernel']],
  [
    ['map.qkv.kernel'],
    ['map.key_value.kernel', 'map.query.kernel'],
    ['map.key.kernel', 'map.value.kernel', 'map.query.kernel'],
  ],
  [
    ['map.qkv.bias'],
    ['map.key_value.bias', 'map.query.bias'],
    ['map.key.bias', 'map.value.bias', 'map.query.bias'],
  ],
]

/** The publisher's table without what the file has in another form. */
export function withoutAlternatives(found: Found): readonly TensorRow[] {
  const { tensors } = found.publisher
  const isInFile = ([slot]: readonly Slot[]) => storedName(found, slot!, 0) !== undefined
  const isInTable = ([slot]: readonly Slot[]) => tensors.some(([, of]) => of === slot)
  const left = new Set<string>()
  for (const all of forms) {
    const used = all.find(isInFile) ?? all.find(isInTable)
    for (const slot of all.flat()) if (!used?.includes(slot)) left.add(slot)
  }
  return tensors.filter(([, slot]) => !left.has(slot))
}

/** Has the file as many positions as an image of that size has patches, with or without those of other tokens? */
export function fitsSize(
  imageSize: VisionTower['imageSize'],
  config: VisionTower,
  found: Found,
): boolean {
  const rows = found.tensor('position')?.shape.at(-2)
  return (
    rows === undefined ||
    storedGridOf(rows, config, patchGrid({ ...config, imageSize })) !== undefined
  )
}
