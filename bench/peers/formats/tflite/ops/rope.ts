import type { Rope } from '../../../../../src/program/ops/rope.ts'
import { rotationOf } from '../../rope.ts'
import type { LowerOp } from '../lowering.ts'

export const rope: LowerOp<Rope> = (op, lowering) => {
  const { graph, outer } = lowering
  const { heads, from, width } = op
  const shape = lowering.shape(op.input)
  const [, columns] = shape
  const table = lowering.weight(op.table)
  const { count, size, half, ...factors } = rotationOf(op, shape, table.values)
  const x = lowering.images(op.input)
  if (count === 0) return lowering.merged(x, op.output)
  const [rowAxis, columnAxis] = [outer.length, outer.length + 1]
  const place = `${table.name} ${count}${op.inverse ? ' inverse' : ''}`
  const factor = (name: 'cosines' | 'sines') =>
    graph.floats(`${place} ${name}`, [...outer.map(() => 1), count, 1, size], factors[name])
  const joined = (parts: readonly number[], axis: number, dims: readonly number[]) =>
    graph.apply('CONCATENATION', parts, dims, [{ field: 0, int32: axis }])

  const below = from === 0 ? x : graph.slice(x, rowAxis, from, count)
  const rotated = width === columns ? below : graph.slice(below, columnAxis, 0, width)
  const dims = [...outer, count, heads, size]
  const byHead = graph.reshape(rotated, dims)
  const [left, right] = [0, half].map((first) => graph.slice(byHead, outer.length + 2, first, half))
  const swapped = joined([right!, left!], outer.length + 2, dims)
  const straight = graph.apply('MUL', [byHead, factor('cosines')], dims)
  const across = graph.apply('MUL', [swapped, factor('sines')], dims)
  let all = graph.reshape(graph.apply('ADD', [straight, across], dims), [...outer, count, width])
  if (width < columns) {
    const rest = graph.slice(below, columnAxis, width, columns - width)
    all = joined([all, rest], columnAxis, [...outer, count, columns])
  }
  if (from > 0) {
    all = joined([graph.slice(x, rowAxis, 0, from), all], rowAxis, [...outer, ...shape])
  }
  return lowering.merged(all, op.output)
}
