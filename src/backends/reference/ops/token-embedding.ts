import type { TokenEmbedding } from '../../../program/ops/token-embedding.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const tokenEmbedding: Compute<TokenEmbedding> = (op, { value, weight, optional }) => {
  const ids = value(op.ids).data
  const table = weight(op.table)
  const position = weight(op.position).data
  const segment = optional(op.segment)?.data
  const width = table.shape[1]
  const out = matrix(ids.length, width)
  ids.forEach((id, token) => {
    if (!(id >= 0 && id < table.shape[0])) throw new RangeError(`There is no token ${id}.`)
    for (let column = 0; column < width; column++) {
      const at = token * width + column
      out.data[at] =
        table.data[id * width + column]! + position[at]! + (segment ? segment[column]! : 0)
    }
  })
  return [out]
}
