import { UnsupportedError } from '../../../src/errors.ts'
import type { Attention } from '../../../src/program/ops/attention.ts'
import type { Linear } from '../../../src/program/ops/linear.ts'
import { inputsOf, type Op, weightsOf } from '../../../src/program/ops/operations.ts'
import type { Program } from '../../../src/program/program.ts'
import type { ValueId } from '../../../src/program/values.ts'

// What engines change across operations: the layers whose results go into attention.

/** What scores are multiplied by: `1 / sqrt(head width)`. */
export function scoreScale(program: Program, { query, heads }: Attention): number {
  return 1 / Math.sqrt(program.values[query]!.shape[1] / heads)
}

/**
 * The layers that make keys and values for attention and nothing else. Engines are fastest with two
 * layers for them, so that nothing is cut in two afterwards.
 */
export function keyValueLayers(program: Program): ReadonlySet<ValueId> {
  const layers = linearLayers(program).filter(
    (layer) => attentionsAfter(program, layer, 'keyValue').length > 0,
  )
  return new Set(layers.map(({ output }) => output))
}

/**
 * The layers of queries whose weights can be scaled instead of the scores, by their output. The factor
 * is a power of two for the usual head width of 64, so that this rounds nothing.
 */
export function scaledQueryLayers(program: Program): ReadonlyMap<ValueId, number> {
  const scales = new Map<ValueId, number>()
  for (const layer of linearLayers(program)) {
    const readers = attentionsAfter(program, layer, 'query')
    const [scale, ...others] = new Set(readers.map((op) => scoreScale(program, op)))
    if (scale === undefined || others.length > 0 || sharesWeights(program, layer)) continue
    scales.set(layer.output, scale)
  }
  return scales
}

/** Beside it every score is 0 in the softmax; finite, since engines may compute with it. */
const MASKED = -1e30

/** `[queries, keys]`, as many as `count`: what is added to scores so that keys after a query count for nothing. */
export function causalMask(count: number): Float32Array {
  const mask = new Float32Array(count * count)
  for (let query = 0; query < count; query++) {
    mask.fill(MASKED, query * count + query + 1, (query + 1) * count)
  }
  return mask
}

/** What is added to the scores of attention. */
export interface ScoreOffsets {
  readonly heads: number
  /** `[heads, queries, keys]` */
  values(): Float32Array
}

/**
 * The bias and the causal mask together; undefined where there are none. Without a bias it is one for all heads.
 * @param bias the values of the operation's bias
 */
export function scoreOffsets(
  op: Attention,
  queries: number,
  keys: number,
  bias: (() => Float32Array) | undefined,
): ScoreOffsets | undefined {
  const { causal } = op
  if (!causal && bias === undefined) return undefined
  const heads = bias === undefined ? 1 : op.heads
  return {
    heads,
    values() {
      if (bias === undefined) return causalMask(queries)
      const of = bias()
      const result = new Float32Array(heads * queries * keys)
      for (let i = 0; i < result.length; i++) {
        const key = i % keys
        const query = Math.floor(i / keys) % queries
        const head = Math.floor(i / keys / queries)
        result[i] = causal && key > query ? MASKED : of[(head * keys + key) * queries + query]!
      }
      return result
    },
  }
}

/** @throws UnsupportedError where something reads the softmax weights, which engines do not give */
export function refuseSoftmaxWeights({ weights }: Attention, engine: string): void {
  if (weights === undefined) return
  throw new UnsupportedError(
    `The softmax weights of attention are asked for, and ${engine} computes none that could be read.`,
  )
}

const linearLayers = (program: Program) => program.ops.filter((op) => op.op === 'linear')

/** All that reads a layer, where that is attention only and the layer is a product and a bias. */
function attentionsAfter(
  program: Program,
  { output, activation, residual }: Linear,
  field: 'query' | 'keyValue',
): Attention[] {
  const isOutput = Object.values(program.outputs).includes(output)
  if (isOutput || activation !== 'none' || residual !== undefined) return []
  const readers = program.ops.filter((op) => inputsOf(op).includes(output))
  const attentions = readers.filter((op) => op.op === 'attention' && op[field] === output)
  return attentions.length === readers.length ? (attentions as Attention[]) : []
}

function sharesWeights(program: Program, layer: Op): boolean {
  const own = weightsOf(layer)
  return program.ops.some((op) => op !== layer && weightsOf(op).some((id) => own.includes(id)))
}
