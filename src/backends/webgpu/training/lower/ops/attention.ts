import type { AttentionBackward } from '../../../../../program/training/attention.ts'
import { floatBits } from '../../../kernels/kernel.ts'
import type { Step } from '../../../lower/step.ts'
import {
  attentionBackwardKeys,
  attentionBackwardQueries,
  BACKWARD_ROWS,
} from '../../kernels/attention.ts'
import type { LowerTrainingOp } from '../lowering.ts'

/** One dispatch for queries, one for keys and values. */
export const attentionBackward: LowerTrainingOp<AttentionBackward> = (op, lowering) => {
  const { query, keyValue, output, outputGradient, queryGradient, keyValueGradient, heads } = op
  const [queries, width] = lowering.shape(query)
  const [tokens] = lowering.shape(keyValue)
  const headWidth = width / heads
  const options = { headWidth, causal: op.causal, bias: op.bias !== undefined }
  const bias = lowering.optional(op.bias)
  const params = [queries, tokens, width, floatBits(1 / Math.sqrt(headWidth))]
  const moments = lowering.scratch(heads * queries, 4)
  const values = (...ids: number[]) => ids.map((id) => lowering.value(id))
  const made = queryGradient === undefined ? [] : [queryGradient]
  const ofQueries: Omit<Step, 'label'> = {
    operands: [
      ...values(query, keyValue),
      ...bias,
      ...values(output, outputGradient, moments, ...made),
    ],
    makes: [moments, ...made],
    for: (images) => ({
      kernel: attentionBackwardQueries(options, queryGradient !== undefined),
      params,
      workgroups: [Math.ceil(queries / BACKWARD_ROWS), heads, images],
    }),
  }
  if (keyValueGradient === undefined) return [ofQueries]
  const ofKeys: Omit<Step, 'label'> = {
    operands: [
      ...values(query, keyValue),
      ...bias,
      ...values(outputGradient, moments, keyValueGradient),
    ],
    makes: [keyValueGradient],
    for: (images) => ({
      kernel: attentionBackwardKeys(options),
      params,
      workgroups: [Math.ceil(tokens / BACKWARD_ROWS), heads, images],
    }),
  }
  return [ofQueries, ofKeys]
}
