import type { MeanRows } from '../../../program/ops/mean-rows.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const meanRows: Compute<MeanRows> = ({ input, from }, { value }) => {
  const { shape, data } = value(input)
  const [count, columns] = shape
  const out = matrix(1, columns)
  for (let i = from; i < count; i++) {
    for (let j = 0; j < columns; j++) out.data[j]! += data[i * columns + j]! / (count - from)
  }
  return [out]
}
