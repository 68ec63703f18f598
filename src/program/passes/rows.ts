import { outputsOf } from '../access.ts'
import type { Op, Program, Value, ValueId } from '../program.ts'

interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Computes no row that nobody reads. Where class logits are asked for, that leaves one row of the
 * last block's queries, projection and MLP: the same result, a twelfth less work in a deep model.
 *
 * Row ranges are demanded from the outputs backwards; then each row-wise op is cut to its range,
 * and a `rows` op stands where an op reads fewer rows than its input has.
 */
export function withoutUnusedRows(program: Program): Program {
  const needed = demandedRows(program)
  const values: Value[] = [...program.values]
  const ops: Op[] = []
  // What a value of the old program is called in the new one, and the old rows it holds.
  const renamed = new Map<ValueId, { id: ValueId; range: Range }>()
  const whole = (id: ValueId): Range => ({ from: 0, to: program.values[id]!.shape[0] })
  renamed.set(program.input, { id: program.input, range: whole(program.input) })

  for (const op of program.ops) {
    if (!outputsOf(op).some((id) => needed.has(id))) continue
    if (op.op === 'rows') {
      const { from, to } = needed.get(op.output)!
      const range = { from: from + op.from, to: to + op.from }
      renamed.set(op.output, { id: view(op.input, range, op.output), range: { from, to } })
      continue
    }
    const rowWise = op.op === 'linear' || op.op === 'layer_norm' || op.op === 'attention'
    const cuttable = rowWise && !(op.op === 'attention' && op.weights !== undefined)
    const range = cuttable ? needed.get(op.output)! : whole(op.output)
    resize(op.output, range)
    renamed.set(op.output, { id: op.output, range })
    if (op.op === 'attention' && op.weights !== undefined) {
      renamed.set(op.weights, { id: op.weights, range: whole(op.weights) })
    }
    ops.push(cut(op, range))
  }
  const outputs = Object.fromEntries(
    Object.entries(program.outputs).map(([name, id]) => [name, view(id, whole(id))]),
  )
  return { ...program, values, ops, outputs }

  function cut(op: Exclude<Op, { op: 'rows' }>, range: Range): Op {
    switch (op.op) {
      case 'linear': {
        const residual = op.residual === undefined ? undefined : view(op.residual, range)
        return { ...op, input: view(op.input, range), residual }
      }
      case 'layer_norm':
        return { ...op, input: view(op.input, range) }
      case 'attention':
        return {
          ...op,
          query: view(op.query, range),
          keyValue: view(op.keyValue, whole(op.keyValue)),
        }
      default:
        return { ...op, input: view(op.input, whole(op.input)) }
    }
  }

  /** The old value's rows `range` in the new program, through a `rows` op where it holds more. */
  function view(old: ValueId, range: Range, reuse?: ValueId): ValueId {
    const source = renamed.get(old)!
    if (source.range.from === range.from && source.range.to === range.to) return source.id
    const { name, shape } = values[source.id]!
    const rows = range.to - range.from
    const output = reuse ?? values.push({ name: `${name}.rows`, shape: [rows, shape[1]] }) - 1
    if (reuse !== undefined) resize(reuse, { from: 0, to: rows })
    ops.push({ op: 'rows', input: source.id, output, from: range.from - source.range.from })
    return output
  }

  function resize(id: ValueId, range: Range): void {
    const { name, shape } = values[id]!
    values[id] = { name, shape: [range.to - range.from, shape[1]] }
  }
}

/** For every value that is read, the smallest run of rows that holds all rows that are read. */
function demandedRows(program: Program): Map<ValueId, Range> {
  const needed = new Map<ValueId, Range>()
  const demand = (id: ValueId, range: Range) => {
    const old = needed.get(id) ?? range
    needed.set(id, { from: Math.min(old.from, range.from), to: Math.max(old.to, range.to) })
  }
  const demandAll = (id: ValueId) => demand(id, { from: 0, to: program.values[id]!.shape[0] })

  for (const id of Object.values(program.outputs)) demandAll(id)
  for (const op of program.ops.toReversed()) {
    if (!outputsOf(op).some((id) => needed.has(id))) continue
    const range = needed.get(op.output) ?? { from: 0, to: program.values[op.output]!.shape[0] }
    switch (op.op) {
      case 'rows':
        demand(op.input, { from: range.from + op.from, to: range.to + op.from })
        break
      case 'linear':
        demand(op.input, range)
        if (op.residual !== undefined) demand(op.residual, range)
        break
      case 'layer_norm':
        demand(op.input, range)
        break
      case 'attention':
        if (op.weights === undefined) demand(op.query, range)
        else demandAll(op.query)
        demandAll(op.keyValue)
        break
      default:
        demandAll(op.input)
    }
  }
  return needed
}
