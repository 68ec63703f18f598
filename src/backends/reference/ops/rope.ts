import type { Rope } from '../../../program/ops/rope.ts'
import type { Compute } from './compute.ts'

export const rope: Compute<Rope> = (op, { value, weight }) => {
  const { shape, data: x } = value(op.input)
  const table = weight(op.table).data
  const [rows, columns] = shape
  const { heads, from, width, inverse } = op
  const size = width / heads
  const half = size / 2
  const data = x.slice()
  for (let row = from; row < rows; row++) {
    const angles = (row - from) * size
    for (let head = 0; head < heads; head++) {
      for (let j = 0; j < half; j++) {
        const sin = inverse ? -table[angles + j]! : table[angles + j]!
        const cos = table[angles + half + j]!
        const left = row * columns + head * size + j
        const right = left + half
        data[left] = x[left]! * cos - x[right]! * sin
        data[right] = x[right]! * cos + x[left]! * sin
      }
    }
  }
  return [{ shape, data }]
}
