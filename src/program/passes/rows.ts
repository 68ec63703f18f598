import { type Op, operationOf, outputsOf } from '../ops/operations.ts'
import type { Program } from '../program.ts'
import type { RowRange, Value, ValueId } from '../values.ts'

/**
 * Removes rows that nothing reads. For class logits, the last block's queries, projection and MLP are reduced to
 * one row: the same result with up to a twelfth less work.
 *
 * Ranges of rows are collected from the outputs backwards; then each row-wise operation is cut to its
 * range, and a `rows` operation is inserted where an operation reads fewer rows than its input has.
 */
export function withoutUnusedRows(program: Program): Program {
  const needed = neededRows(program)
  const values: Value[] = [...program.values]
  const ops: Op[] = []
  // For each value of the old program, its id in the new one and the rows that exist there.
  const renamed = new Map<ValueId, { id: ValueId; rows: RowRange }>()
  const whole = (id: ValueId): RowRange => ({ from: 0, to: program.values[id]!.shape[0] })
  for (const id of Object.values(program.inputs)) renamed.set(id, { id, rows: whole(id) })

  for (const op of program.ops) {
    if (!outputsOf(op).some((id) => needed.has(id))) continue
    if (op.op === 'rows') {
      const rows = needed.get(op.output)!
      const source = { from: rows.from + op.from, to: rows.to + op.from }
      renamed.set(op.output, { id: view(op.input, source, op.output), rows })
      continue
    }
    const { reads, makes, rowsRead } = operationOf(op)
    const [main, ...others] = makes
    const output = op[main] as ValueId
    const asked = needed.get(output) ?? whole(output)
    const read = rowsRead?.(op, asked)
    const rows = read ? asked : whole(output)
    resize(output, rows)
    renamed.set(output, { id: output, rows })
    for (const field of others) {
      const id = op[field] as ValueId | undefined
      if (id !== undefined) renamed.set(id, { id, rows: whole(id) })
    }
    const inputs = reads.map((field, i) => {
      const id = op[field] as ValueId | undefined
      return [field, id === undefined ? undefined : view(id, read?.[i] ?? whole(id))]
    })
    ops.push({ ...op, ...Object.fromEntries(inputs) })
  }
  const outputs = Object.fromEntries(
    Object.entries(program.outputs).map(([name, id]) => [name, view(id, whole(id))]),
  )
  return { ...program, values, ops, outputs }

  /** Rows of an old value in the new program, with a `rows` operation if more of them exist. */
  function view(old: ValueId, rows: RowRange, reuse?: ValueId): ValueId {
    const source = renamed.get(old)!
    if (source.rows.from === rows.from && source.rows.to === rows.to) return source.id
    const { name, shape, type } = values[source.id]!
    const count = rows.to - rows.from
    const output =
      reuse ?? values.push({ name: `${name}.rows`, shape: [count, shape[1]], type }) - 1
    if (reuse !== undefined) resize(reuse, { from: 0, to: count })
    ops.push({ op: 'rows', input: source.id, output, from: rows.from - source.rows.from })
    return output
  }

  function resize(id: ValueId, rows: RowRange): void {
    const value = values[id]!
    values[id] = { ...value, shape: [rows.to - rows.from, value.shape[1]] }
  }
}

/** For every value that is read, the smallest range of rows that contains all rows read. */
function neededRows(program: Program): Map<ValueId, RowRange> {
  const needed = new Map<ValueId, RowRange>()
  const whole = (id: ValueId): RowRange => ({ from: 0, to: program.values[id]!.shape[0] })
  const need = (id: ValueId, rows: RowRange) => {
    const old = needed.get(id) ?? rows
    needed.set(id, { from: Math.min(old.from, rows.from), to: Math.max(old.to, rows.to) })
  }

  for (const id of Object.values(program.outputs)) need(id, whole(id))
  for (const op of program.ops.toReversed()) {
    if (!outputsOf(op).some((id) => needed.has(id))) continue
    const { reads, makes, rowsRead } = operationOf(op)
    const output = op[makes[0]] as ValueId
    const read = rowsRead?.(op, needed.get(output) ?? whole(output))
    reads.forEach((field, i) => {
      const id = op[field] as ValueId | undefined
      if (id !== undefined) need(id, read?.[i] ?? whole(id))
    })
  }
  return needed
}
