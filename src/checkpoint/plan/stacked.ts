import type { CheckpointFile, TensorInfo } from '../checkpoint.ts'
import type { Matched } from './layout.ts'
import type { Piece } from './piece.ts'

/** big_vision with `scan`: a tensor has a block of each layer along its first side. */
const scanned = /(^|\/)encoderblock\/(?=.)/

/** No model is so deep; a header may claim anything. */
const MOST_BLOCKS = 1024

/** A file whose stacked tensors look like one for each block, and how its pieces become those of the file. */
export interface Unstacked {
  readonly file: CheckpointFile
  restack<M extends Matched>(matched: M): M
}

/**
 * Names blocks that are stacked in one array (`encoderblock/…` `[blocks, …]`) as others are (`encoderblock_0/…`), so that
 * they are recognised and planned alike. Only names and shapes are those of the blocks: data are read from the file.
 * @returns undefined for a file without such tensors
 */
export function unstacked(file: CheckpointFile): Unstacked | undefined {
  const whole = new Map<string, { readonly tensor: TensorInfo; readonly block: number }>()
  const tensors = new Map<string, TensorInfo>()
  for (const tensor of file.tensors.values()) {
    const [blocks, ...shape] = tensor.shape
    if (!scanned.test(tensor.name) || blocks === undefined || blocks > MOST_BLOCKS) {
      tensors.set(tensor.name, tensor)
      continue
    }
    for (let block = 0; block < blocks; block++) {
      const name = tensor.name.replace(scanned, (_, before) => `${before}encoderblock_${block}/`)
      tensors.set(name, { ...tensor, name, shape })
      whole.set(name, { tensor, block })
    }
  }
  if (whole.size === 0) return undefined

  function restacked(piece: Piece): Piece {
    const found = whole.get(piece.tensor)
    if (!found) return piece
    const { tensor, block } = found
    const each = tensor.shape.slice(1).reduce((product, side) => product * side, 1)
    return { ...piece, tensor: tensor.name, start: piece.start + block * each }
  }
  return {
    file: { ...file, tensors, read: file.read.bind(file), close: file.close.bind(file) },
    restack: (matched) => ({
      ...matched,
      pieces: new Map([...matched.pieces].map(([weight, all]) => [weight, all.map(restacked)])),
      ignored: [...new Set(matched.ignored.map((name) => whole.get(name)?.tensor.name ?? name))],
    }),
  }
}
