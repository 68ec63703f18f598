import type { CheckpointFile } from '../checkpoint.ts'
import { isScale } from '../read/scales.ts'
import { type Found, foundIn } from './found.ts'
import type { Layout, Matched } from './layout.ts'
import type { Piece } from './piece.ts'
import type { Publisher } from './publisher.ts'
import { isReadable, sameShape, shapeOf } from './shape.ts'

/** A file as its family looks at it, if its names are those of the publisher's table, with nothing before them. */
export function foundAsNamed(file: CheckpointFile, publisher: Publisher): Found {
  const names = [...file.tensors.keys()].filter((name) => !isScale(file.tensors, name))
  return foundIn(file, { publisher, stored: new Map(names.map((name) => [name, name])) })
}

/**
 * The pieces of a file that has exactly the tensors that its layout wants, and at most those of a head beside them.
 * @returns undefined for every other file: `recognise` and `matchTensors` understand it, or say what is wrong
 */
export function matchExactly(
  { file, publisher, stored }: Found,
  layout: Layout,
): Matched | undefined {
  const pieces = new Map<string, Piece[]>()
  const ignored: string[] = []
  const left = new Set(stored.keys())
  for (const [row, slot, shape] of layout.tensors ?? publisher.tensors) {
    if (!layout.has(slot)) {
      if (layout.isOptional(slot) && left.delete(row)) ignored.push(row)
      continue
    }
    const blocks = layout.blocksOf?.(slot) ?? layout.blocks
    for (let block = 0; block < (row.includes('#') ? blocks : 1); block++) {
      const name = row.replace('#', String(block))
      const tensor = left.delete(name) ? file.tensors.get(name)! : undefined
      const fits =
        tensor &&
        isReadable(tensor, file) &&
        sameShape(tensor.shape, shapeOf(shape, layout.sizes)) &&
        layout.pieces(slot, block, tensor)
      if (!fits || typeof fits === 'string') return undefined
      for (const piece of fits) {
        const others = pieces.get(piece.weight)
        if (others) others.push(piece)
        else pieces.set(piece.weight, [piece])
      }
    }
  }
  return left.size === 0 ? { pieces, ignored } : undefined
}
