import type { MeanRows } from '../../../program/ops/mean-rows.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const meanRows: Compute<MeanRows> = ({ input, from, sizes }, { value }) => {
  const { shape, data } = value(input)
  const [count, columns] = shape
  const weights = sizes === undefined ? new Float64Array(count).fill(1) : value(sizes).data
  const sum = weights.subarray(from).reduce((a, b) => a + b, 0)
  const out = matrix(1, columns)
  for (let i = from; i < count; i++) {
    const share = weights[i]! / sum
    for (let j = 0; j < columns; j++) out.data[j]! += data[i * columns + j]! * share
  }
  return [out]
}
