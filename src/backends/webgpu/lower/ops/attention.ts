import type { Attention } from '../../../../program/ops/attention.ts'
import {
  attention as attentionKernel,
  attentionMap,
  attentionTile,
} from '../../kernels/attention.ts'
import { floatBits } from '../../kernels/kernel.ts'
import type { Step } from '../step.ts'
import type { LowerOp } from './lower-op.ts'

/** One dispatch, and a second for the softmax weights if something reads them. */
export const attention: LowerOp<Attention> = {
  // The kernels read both inputs as one type.
  full: ({ query, keyValue, weights, sizes }, isFull) => [
    ...(isFull(query) || isFull(keyValue) ? [query, keyValue] : []),
    ...(weights === undefined ? [] : [weights]),
    ...(sizes === undefined ? [] : [sizes]),
  ],
  lower({ query, keyValue, output, weights, heads, causal, bias, sizes }, lowering) {
    const [queries, width] = lowering.shape(query)
    const [tokens] = lowering.shape(keyValue)
    const headWidth = width / heads
    const options = {
      headWidth,
      input: lowering.storage(query),
      out: lowering.storage(output),
      causal,
      bias: bias !== undefined,
      sizes: sizes !== undefined,
    }
    const params = [queries, tokens, width, floatBits(1 / Math.sqrt(headWidth))]
    const reads = [
      lowering.value(query),
      lowering.value(keyValue),
      ...lowering.optional(bias),
      ...lowering.optionalValue(sizes),
    ]
    const fused: Omit<Step, 'label'> = {
      operands: [...reads, lowering.value(output)],
      makes: [output],
      for(images) {
        const tile = attentionTile(images * heads * queries, headWidth, lowering.options.slices)
        return {
          kernel: attentionKernel(options, tile),
          params,
          workgroups: [Math.ceil(queries / tile.queries), heads, images],
        }
      },
    }
    // A program that was not optimised may have weights that nothing reads.
    if (weights === undefined || lowering.readers(weights) === 0) return [fused]
    const map: Omit<Step, 'label'> = {
      operands: [...reads, lowering.value(weights)],
      makes: [weights],
      for: (images) => ({
        kernel: attentionMap(options, lowering.options.subgroups),
        params,
        workgroups: [queries, heads, images],
      }),
    }
    return [fused, map]
  },
}
