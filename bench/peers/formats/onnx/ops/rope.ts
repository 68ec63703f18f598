import type { Rope } from '../../../../../src/program/ops/rope.ts'
import { rotationOf } from '../../rope.ts'
import type { LowerOp } from '../lowering.ts'

export const rope: LowerOp<Rope> = (op, lowering) => {
  const { graph, batch } = lowering
  const { heads, from, width } = op
  const shape = lowering.shape(op.input)
  const [rows, columns] = shape
  const out = lowering.name(op.output)
  const table = lowering.weight(op.table)
  const { count, size, half, ...factors } = rotationOf(op, shape, table.values)
  const x = lowering.images(op.input)
  if (count === 0) {
    graph.reshape(x, lowering.stacked(op.output), out)
    return
  }
  const place = `${table.name}.${count}${op.inverse ? '.inverse' : ''}`
  const factor = (name: 'cosines' | 'sines') =>
    graph.floats(`${place}.${name}`, [count, 1, size], factors[name])

  const part = (name: string, top: number, left: number, right: number, bottom: number) =>
    graph.slice(
      x,
      [
        [1, top, bottom],
        [2, left, right],
      ],
      `${out}.${name}`,
    )
  const rotated = part('rotated', from, 0, width, rows)
  const byHead = graph.reshape(rotated, [batch, count, heads, size], `${out}.heads`)
  const left = graph.slice(byHead, [[3, 0, half]], `${out}.left`)
  const right = graph.slice(byHead, [[3, half, size]], `${out}.right`)
  const swapped = graph.node('Concat', [right, left], `${out}.swapped`, { axis: 3 })
  const straight = graph.node('Mul', [byHead, factor('cosines')], `${out}.straight`)
  const across = graph.node('Mul', [swapped, factor('sines')], `${out}.across`)
  const sum = graph.node('Add', [straight, across], `${out}.sum`)
  let all = graph.reshape(sum, [batch, count, width], `${out}.turned`)
  if (width < columns) {
    const rest = part('rest', from, width, columns, rows)
    all = graph.node('Concat', [all, rest], `${out}.wide`, { axis: 2 })
  }
  if (from > 0) {
    const above = part('above', 0, 0, columns, from)
    all = graph.node('Concat', [above, all], `${out}.all`, { axis: 1 })
  }
  graph.reshape(all, lowering.stacked(op.output), out)
}
