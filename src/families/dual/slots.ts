import type { Piece } from '../../checkpoint/plan/piece.ts'
import { type Dims, dimsOf } from '../vision/dims.ts'
import { slotPieces } from '../vision/pieces.ts'
import { hasSlot, type Slot } from '../vision/slots.ts'
import { type DualConfig, textTower } from './config.ts'

/** Slots of the text tower are those of blocks over patches after `text.`; others are the image tower's. */
export const isTextSlot = (slot: string) => /^text\.|^temperature$|^similarity_bias$/.test(slot)

/** Does a model of this config have this slot of `isTextSlot`? */
export function hasTextSlot(slot: string, config: DualConfig): boolean {
  if (slot === 'temperature') return config.textDepth > 0
  if (slot === 'similarity_bias') return config.similarityBias
  if (config.textDepth === 0) return false
  if (slot === 'text.head.bias') return config.textHeadBias
  const part = slot.slice('text.'.length)
  return part === 'table' || hasSlot(part as Slot, textTower(config))
}

/** The text tower's sizes under the names of the image tower's; V is its vocabulary. */
export const textDims = (config: DualConfig): Dims & { readonly V: number } => ({
  ...dimsOf(textTower(config), { positions: config.maxLength, offsets: 0 }),
  V: config.vocabulary,
})

/** Matrices that are weights as they are, and what they are called. */
const tables: Readonly<Record<string, string>> = {
  'text.table': 'text.embedding.table',
  'text.position': 'text.embedding.position',
}

/** The pieces of a tensor of the text tower, whose weights are named as those of the image tower after `text.`. */
export function textPieces(
  slot: string,
  block: number,
  tensor: string,
  config: DualConfig,
): readonly Piece[] {
  const dims = textDims(config)
  if (slot === 'temperature' || slot === 'similarity_bias') return [matrix(slot, tensor, 1, 1)]
  const table = tables[slot]
  if (table) return [matrix(table, tensor, slot === 'text.table' ? dims.V : dims.P, dims.D)]
  const part = slot.slice('text.'.length) as Slot
  const pieces = slotPieces(part, block, tensor, textTower(config), dims, { transposed: true })
  return pieces.map((piece) => ({ ...piece, weight: `text.${piece.weight}` }))
}

function matrix(weight: string, tensor: string, rows: number, columns: number): Piece {
  const region = { row: 0, column: 0, rows, columns, transposed: false }
  return { weight, tensor, start: 0, count: rows * columns, region, scale: 1 }
}
