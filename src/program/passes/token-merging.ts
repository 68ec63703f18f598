import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { Attention } from '../ops/attention.ts'
import { inputsOf, type Op, operationOf, outputsOf } from '../ops/operations.ts'
import type { Program } from '../program.ts'
import type { Value, ValueId } from '../values.ts'
import { withOutputs } from './outputs.ts'
import { withoutUnusedRows } from './rows.ts'

/** How many tokens each block merges, from the first; 0 for none. */
export type MergePlan = readonly number[]

export interface Merged {
  readonly program: Program
  /** For each block the value that says to which row each token went, `[tokens, 1]`; undefined where none is merged. */
  readonly rows: readonly (string | undefined)[]
}

/**
 * How many tokens each block of a program merges: as many as are asked for, and at most half of those that are not kept,
 * as in the code of the paper. A last block whose other tokens nothing reads merges none: the result is the same.
 * @param merge for each block, or the same for all
 * @param kept tokens from the first that are never merged: class token, distillation token, registers
 * @throws ArgumentError for another number of blocks; UnsupportedError for a program without such blocks
 */
export function planMerging(
  program: Program,
  merge: number | readonly number[],
  kept: number,
): MergePlan {
  const blocks = blocksOf(program)
  if (typeof merge !== 'number' && merge.length !== blocks.length) {
    throw new ArgumentError(
      `merge has ${merge.length} numbers, and this model ${blocks.length} blocks; give one for each, or a single number.`,
    )
  }
  const needed = withoutUnusedRows(withOutputs(program, Object.keys(program.outputs)))
  let tokens = rowsOf(program, blocks[0]!.middle)
  return blocks.map(({ middle }, i) => {
    const most = Math.floor((tokens - kept) / 2)
    const isRead = rowsOf(needed, middle) > kept
    const merged = isRead ? Math.min(typeof merge === 'number' ? merge : merge[i]!, most) : 0
    tokens -= merged
    return merged
  })
}

/**
 * Token merging (ToMe, Bolya et al. 2023): between attention and MLP of each block, tokens that are alike become one, and
 * count as many as they stand for in what follows. Works for any transformer without training.
 * @param kept as for `planMerging`
 * @throws UnsupportedError for a program in which the place of a token matters after its first block (rotations, biases,
 *   causal attention), or whose output has a row for each token
 */
export function withTokenMerging(program: Program, plan: MergePlan, kept: number): Merged {
  const blocks = blocksOf(program)
  const values: Value[] = [...program.values]
  const ops: Op[] = []
  const renamed = new Map<ValueId, ValueId>()
  const left = new Map<ValueId, ValueId | undefined>()
  const rows: (string | undefined)[] = []
  const total = rowsOf(program, blocks[0]!.middle)
  let sizes: ValueId | undefined

  const define = (name: string, count: number, columns: number): ValueId =>
    values.push({ name, shape: [count, columns], type: 'f32' }) - 1
  const resize = (id: ValueId, count: number): void => {
    values[id] = { ...values[id]!, shape: [count, values[id]!.shape[1]] }
  }

  function merge({ attention, middle }: Block, merged: number): void {
    const { heads } = attention
    const keyValue = attention.keyValue
    const { name } = program.values[middle]!
    const [tokens, columns] = values[middle]!.shape
    const output = define(`${name}.rows`, tokens, 1)
    const sizesAfter = define(`${name}.sizes`, tokens - merged, 1)
    ops.push({ op: 'match_tokens', keyValue, sizes, output, sizesAfter, heads, merged, kept })
    const means = define(`${name}.merged`, tokens - merged, columns)
    const read = { input: middle, rows: output, sizes, sizesAfter }
    ops.push({ op: 'merge_tokens', ...read, output: means })
    renamed.set(middle, means)
    left.set(means, sizesAfter)
    sizes = sizesAfter
    rows[rows.length - 1] = values[output]!.name
  }

  for (const old of program.ops) {
    const op = withInputs(old, renamed)
    const of = inputsOf(op).filter((id) => left.has(id))
    if (of.length === 0) ops.push(op)
    else {
      const before = left.get(of[0]!)
      ops.push(merged(op, before))
    }
    const block = blocks.find(({ last }) => last === old)
    if (!block) continue
    const amount = plan[rows.push(undefined) - 1]!
    if (amount > 0) merge(block, amount)
  }
  for (const [name, id] of Object.entries(program.outputs)) {
    if (left.has(renamed.get(id) ?? id)) refuse(`its output ${name} has a row for each token`)
  }
  return { program: { ...program, values, ops }, rows }

  /** An operation on tokens of which some were merged. */
  function merged(op: Op, sizes: ValueId | undefined): Op {
    const all = rowsOf({ values }, sizes!)
    switch (op.op) {
      case 'linear':
      case 'layer_norm':
      case 'rms_norm':
      case 'glu':
        keep(op.output, all)
        return op
      case 'attention': {
        if (op.causal || op.bias !== undefined) refuse(`${nameOf(op)} depends on where tokens are`)
        const queries = left.has(op.query) ? all : rowsOf({ values }, op.query)
        if (left.has(op.query)) keep(op.output, queries)
        if (op.weights !== undefined) {
          values[op.weights] = { ...values[op.weights]!, shape: [op.heads * queries, all] }
        }
        return { ...op, sizes }
      }
      case 'mean_rows':
        if (op.from > kept) refuse(`${nameOf(op)} begins behind a token that may be merged`)
        return { ...op, sizes }
      case 'rows': {
        const count = rowsOf({ values }, op.output)
        if (op.from + count <= kept) return op
        // All tokens of patches are all that are left of them.
        if (op.from !== kept || count !== total - kept) refuse(`${nameOf(op)} takes certain tokens`)
        resize(op.output, all - kept)
        return op
      }
      default:
        return refuse(`${nameOf(op)} depends on where tokens are`)
    }

    function keep(output: ValueId, count: number): void {
      resize(output, count)
      left.set(output, sizes)
    }
  }

  function nameOf(op: Op): string {
    return `${op.op} ${program.values[outputsOf(op)[0]!]!.name}`
  }
}

/** A block: its attention, and the last operation before its MLP. */
interface Block {
  readonly attention: Attention
  /** The tokens before the MLP: what came in plus what attention adds. */
  readonly middle: ValueId
  readonly last: Op
}

/** @throws UnsupportedError for a program without blocks */
function blocksOf({ ops, values }: Program): Block[] {
  const blocks = ops.flatMap((attention, i): Block[] => {
    if (attention.op !== 'attention') return []
    const [tokens] = values[attention.keyValue]!.shape
    // Attention that pools has one query.
    if (values[attention.query]!.shape[0] !== tokens) return []
    const last = ops.slice(i).find((op) => op.op === 'linear' && op.residual !== undefined)
    return last ? [{ attention, middle: outputsOf(last)[0]!, last }] : []
  })
  if (blocks.length > 0) return blocks
  return refuse('it has no blocks with attention')
}

const rowsOf = ({ values }: Pick<Program, 'values'>, id: ValueId) => values[id]!.shape[0]

/** An operation that reads other values. */
function withInputs(op: Op, renamed: ReadonlyMap<ValueId, ValueId>): Op {
  const inputs = operationOf(op).reads.map((field) => {
    const id = op[field] as ValueId | undefined
    return [field, id === undefined ? undefined : (renamed.get(id) ?? id)]
  })
  return { ...op, ...Object.fromEntries(inputs) }
}

function refuse(why: string): never {
  throw new UnsupportedError(`The tokens of this model can't be merged: ${why}.`)
}
