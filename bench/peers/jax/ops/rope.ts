import type { Rope } from '../../../../src/program/ops/rope.ts'
import type { JaxArray } from '../jax-js.ts'
import type { LowerOp } from '../lowering.ts'

/** Half by half of every head, in two dimensions, as attention is computed. */
export const rope: LowerOp<Rope> = (op, lowering) => {
  const { numpy } = lowering.jax
  const { heads, from, width, inverse } = op
  const [rows, columns] = lowering.shape(op.input)
  const x = lowering.value(op.input)
  const count = rows - from
  if (count <= 0) return x
  const half = width / heads / 2
  const table = lowering.weight(op.table)
  const angles = (first: number) => table.ref.slice([0, count], [first, first + half])
  const [sin, cos] = [angles(0).mul(inverse ? -1 : 1), angles(half)]
  table.dispose()
  const part = (left: number, right: number) => x.ref.slice([from, rows], [left, right])
  const halves = Array.from({ length: heads }, (_, head): JaxArray[] => {
    const middle = (2 * head + 1) * half
    const left = part(middle - half, middle)
    const right = part(middle, middle + half)
    return [
      left.ref.mul(cos.ref).sub(right.ref.mul(sin.ref)),
      right.mul(cos.ref).add(left.mul(sin.ref)),
    ]
  })
  const rest = width < columns ? [part(width, columns)] : []
  const turned = numpy.concatenate([...halves.flat(), ...rest], 1)
  const above = from > 0 ? [x.ref.slice([0, from], [])] : []
  for (const array of [x, sin, cos]) array.dispose()
  return numpy.concatenate([...above, turned], 0)
}
