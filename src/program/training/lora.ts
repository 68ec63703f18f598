import { ArgumentError } from '../../errors.ts'
import type { Linear } from '../ops/linear.ts'
import type { Op } from '../ops/operations.ts'
import type { Program } from '../program.ts'
import type { Value, ValueId, Weight, WeightId } from '../values.ts'

/** Low-rank adaptation (Hu et al. 2022): `x W + alpha / rank * (x A) B`, where W stays and A and B are trained. */
export interface LoRA {
  /** Columns of A, a whole number from 1. */
  readonly rank: number
  readonly alpha: number
}

/**
 * What adapts a kernel. A kernel of several matrices side by side has an adapter for each of them: the columns of A lie
 * side by side too, and B has the rows of one adapter below those of the other, so that it is 0 outside of its blocks.
 */
export interface Adapter extends LoRA {
  /** The names of the kernel, of A, of B, and of the diagonal matrix of `alpha / rank`, all of them weights. */
  readonly kernel: string
  readonly a: string
  readonly b: string
  readonly scale: string
  /** Matrices of the kernel, one beside the other. */
  readonly parts: number
  /** Of the kernel. */
  readonly shape: Weight['shape']
}

/**
 * A program whose queries, keys and values are adapted. An adapter is three linear layers, the last of which adds what
 * the kernel gives: every backend that runs the program runs this one, and it needs no gradient of its own.
 * @returns the program, and what adapts each kernel
 * @throws ArgumentError without attention, and for a rank above the width
 */
export function withLoRA(
  program: Program,
  { rank, alpha }: LoRA,
): { readonly program: Program; readonly adapters: readonly Adapter[] } {
  const parts = projectionsOf(program)
  const values: Value[] = [...program.values]
  const weights: Weight[] = [...program.weights]
  const adapters: Adapter[] = []

  const value = (name: string, rows: number, columns: number): ValueId =>
    values.push({ name, shape: [rows, columns], type: 'f32' }) - 1
  const kernel = (name: string, rows: number, columns: number): WeightId =>
    weights.push({ name, shape: [rows, columns], role: 'kernel', precise: true }) - 1

  function adapted(op: Linear, count: number): Op[] {
    const { name: kernelName, shape } = weights[op.kernel]!
    const { name, shape: outputShape } = values[op.output]!
    if (rank > shape[0]) {
      throw new ArgumentError(`A rank of ${rank} is more than the width of ${name}, ${shape[0]}.`)
    }
    const [rows, columns] = outputShape
    const inner = rank * count
    const [a, b, scale] = ['lora_a', 'lora_b', 'lora_scale'].map((part) => `${name}.${part}`)
    const plain = { bias: undefined, activation: 'none', residual: undefined } as const
    const frozen = value(`${name}.frozen`, rows, columns)
    const down = value(a!, rows, inner)
    const scaled = value(scale!, rows, inner)
    const [A, B, S] = [`${a}.kernel`, `${b}.kernel`, `${scale}.kernel`]
    adapters.push({ rank, alpha, kernel: kernelName, a: A, b: B, scale: S, parts: count, shape })
    return [
      { ...op, output: frozen },
      { ...plain, op: 'linear', input: op.input, output: down, kernel: kernel(A, shape[0], inner) },
      { ...plain, op: 'linear', input: down, output: scaled, kernel: kernel(S, inner, inner) },
      {
        ...plain,
        op: 'linear',
        input: scaled,
        output: op.output,
        kernel: kernel(B, inner, columns),
        residual: frozen,
      },
    ]
  }

  const ops = program.ops.flatMap((op): Op[] => {
    const count = op.op === 'linear' ? parts.get(op.output) : undefined
    return op.op === 'linear' && count !== undefined ? adapted(op, count) : [op]
  })
  return { program: { ...program, values, weights, ops }, adapters }
}

/** The projections that attention reads, and how many matrices each of them is. */
function projectionsOf({ ops }: Program): Map<ValueId, number> {
  const parts = new Map<ValueId, number>()
  // Rotations lie between a projection and attention.
  for (const op of ops.toReversed()) {
    if (op.op === 'rope' && parts.has(op.output)) parts.set(op.input, parts.get(op.output)!)
    if (op.op !== 'attention') continue
    parts.set(op.query, 1)
    parts.set(op.keyValue, 2)
  }
  if (parts.size > 0) return parts
  throw new ArgumentError(
    'LoRA adapts the projections to queries, keys and values, and this model has no attention.',
  )
}
