import type { Attention } from '../../../program/ops/attention.ts'
import type { Tensor } from '../tf.ts'
import type { Lowering } from './lowering.ts'

/** Beside it every score is 0 in the softmax. It is finite, since not all GPUs know infinity. */
const MASKED = -1e30

/** What is added to the scores of attention. */
export interface ScoreOffsets {
  /** Of all heads: `[1, heads or 1, queries, keys]`. */
  all(): Tensor
  /** Of one head: `[queries, keys]`. */
  ofHead(head: number): Tensor
}

/** The bias and the causal mask; undefined where there are none. */
export function scoreOffsets(
  {
    query,
    keyValue,
    heads,
    causal,
    bias,
  }: Pick<Attention, 'query' | 'keyValue' | 'heads' | 'causal' | 'bias'>,
  lowering: Lowering,
): ScoreOffsets | undefined {
  if (!causal && bias === undefined) return undefined
  const { tf } = lowering
  const [queries] = lowering.shape(query)
  const [keys] = lowering.shape(keyValue)
  const mask = causal ? causalMask(queries) : undefined

  const masked = (of: Tensor | undefined, shape: readonly number[]): Tensor => {
    if (!mask) return of!
    const tensor = tf.tensor(mask, shape)
    return of ? tf.add(of, tensor) : tensor
  }
  return {
    all() {
      const of =
        bias === undefined
          ? undefined
          : tf.transpose(tf.reshape(lowering.weight(bias), [1, heads, keys, queries]), [0, 1, 3, 2])
      return masked(of, [1, 1, queries, keys])
    },
    ofHead(head) {
      const of =
        bias === undefined
          ? undefined
          : tf.transpose(tf.slice(lowering.weight(bias), [head * keys, 0], [keys, queries]))
      return masked(of, [queries, keys])
    },
  }
}

/** Row by row of queries: keys after a query are masked. */
function causalMask(count: number): Float32Array {
  const mask = new Float32Array(count * count)
  for (let query = 0; query < count; query++) {
    mask.fill(MASKED, query * count + query + 1, (query + 1) * count)
  }
  return mask
}
