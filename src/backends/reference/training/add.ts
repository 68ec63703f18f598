import type { Add } from '../../../program/training/add.ts'
import type { Compute } from '../ops/compute.ts'

export const add: Compute<Add> = ({ one, other }, { value }) => {
  const { shape, data } = value(one)
  const more = value(other).data
  return [{ shape, data: data.map((x, i) => x + more[i]!) }]
}
