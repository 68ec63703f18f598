import type { Rows } from '../../../program/ops/rows.ts'
import type { Compute } from './compute.ts'

export const rows: Compute<Rows> = (op, { value, shape }) => {
  const [count, columns] = shape(op.output)
  const { data } = value(op.input)
  const from = op.from * columns
  return [{ shape: [count, columns], data: data.slice(from, from + count * columns) }]
}
