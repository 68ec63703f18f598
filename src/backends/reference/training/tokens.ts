import type { TokenEmbeddingBackward, TokensBackward } from '../../../program/training/tokens.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { columnSums } from './products.ts'

export const tokensBackward: Compute<TokensBackward> = (
  { outputGradient, prefixRows },
  operands,
) => {
  const dy = operands.value(outputGradient)
  const [rows] = dy.shape
  return [rowsOf(dy, prefixRows, rows), rowsOf(dy, 0, prefixRows), dy]
}

function rowsOf({ shape: [, columns], data }: Matrix, from: number, to: number): Matrix {
  return { shape: [to - from, columns], data: data.slice(from * columns, to * columns) }
}

export const tokenEmbeddingBackward: Compute<TokenEmbeddingBackward> = (op, operands) => {
  const dy = operands.value(op.outputGradient)
  const [, width] = dy.shape
  const table = matrix(...operands.weight(op.table).shape)
  operands.value(op.ids).data.forEach((id, token) => {
    for (let i = 0; i < width; i++) table.data[id * width + i]! += dy.data[token * width + i]!
  })
  // Positions beyond the text have no part in it.
  const position =
    op.positionGradient === undefined ? dy : matrix(...operands.shape(op.positionGradient))
  if (position !== dy) position.data.set(dy.data)
  return [table, position, columnSums(dy)]
}
