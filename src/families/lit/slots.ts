import type { Piece } from '../../checkpoint/plan/piece.ts'
import { type Dims, dimsOf } from '../vit/dims.ts'
import { slotPieces } from '../vit/pieces.ts'
import type { Slot } from '../vit/slots.ts'
import { imageTower, type LiTConfig } from './config.ts'

/** Is this a slot of the text tower, or the temperature? All others are of the image tower. */
export const isTextSlot = (slot: string) => /^(bert|transformer|text)\.|^temperature$/.test(slot)

/** Does a LiT of this config have this slot of `isTextSlot`? */
export function hasTextSlot(slot: string, { textTower, textHead }: LiTConfig): boolean {
  if (slot === 'temperature') return true
  return slot.startsWith('text.head.') ? textHead : slot.startsWith(`${textTower}.`)
}

/** The text tower's sizes under the names of a ViT's; V is its vocabulary. */
export function textDims(config: LiTConfig): Dims & { readonly V: number } {
  const tower = {
    ...imageTower(config),
    width: config.textWidth,
    heads: config.textHeads,
    mlpWidth: config.textMlpWidth,
    representation: 0,
    classes: config.embedding,
  }
  return { ...dimsOf(tower, config.textPositions), V: config.vocabulary }
}

/** Matrices that are weights as they are, and what they are called. */
const tables: Readonly<Record<string, string>> = {
  table: 'text.embedding.table',
  position: 'text.embedding.position',
}

/** The pieces of a tensor of the text tower, whose weights are named as those of a ViT after `text.`. */
export function textPieces(
  slot: string,
  block: number,
  tensor: string,
  config: LiTConfig,
): readonly Piece[] {
  const dims = textDims(config)
  const part = slot.slice(slot.indexOf('.') + 1)
  if (slot === 'temperature') return [matrix(slot, tensor, 0, 1, 1)]
  if (part === 'segments') {
    // Texts are of the first segment. Files that are written keep the second.
    return [
      matrix('text.embedding.segment', tensor, 0, 1, dims.D),
      matrix('text.segment2', tensor, dims.D, 1, dims.D),
    ]
  }
  const table = tables[part]
  if (table) return [matrix(table, tensor, 0, part === 'table' ? dims.V : dims.P, dims.D)]
  const pieces = slotPieces(part as Slot, block, tensor, imageTower(config), dims, false, 1)
  return pieces.map((piece) => ({ ...piece, weight: `text.${piece.weight}` }))
}

function matrix(
  weight: string,
  tensor: string,
  start: number,
  rows: number,
  columns: number,
): Piece {
  const region = { row: 0, column: 0, rows, columns, transposed: false }
  return { weight, tensor, start, count: rows * columns, region, scale: 1 }
}
