import type { LayerNorm } from '../ops/layer-norm.ts'
import type { Operation } from '../ops/operation.ts'
import type { ValueId, WeightId } from '../values.ts'
import type { Rule } from './rule.ts'

/**
 * Of a layer norm, with the normalised row `n` and its deviation `s`, and `t = outputGradient * scale`:
 * `inputGradient = (t - mean(t) - n * mean(t * n)) / s`; the sums of the columns of `outputGradient * n` and of
 * `outputGradient` are the gradients of scale and bias.
 */
export interface LayerNormBackward {
  readonly op: 'layer_norm_backward'
  readonly input: ValueId
  readonly outputGradient: ValueId
  readonly scale: WeightId
  readonly inputGradient: ValueId | undefined
  readonly scaleGradient: ValueId | undefined
  readonly biasGradient: ValueId | undefined
  readonly eps: number
}

export const layerNormBackwardOperation: Operation<LayerNormBackward> = {
  op: 'layer_norm_backward',
  reads: ['input', 'outputGradient'],
  makes: ['inputGradient', 'scaleGradient', 'biasGradient'],
  weights: { scale: 'vector' },
}

export const layerNormRule: Rule<LayerNorm, LayerNormBackward> = (op, outputGradient, net) => {
  const { input, scale, bias, eps } = op
  const inputGradient = net.like(input)
  const made = {
    inputGradient,
    scaleGradient: net.ofWeight(scale),
    biasGradient: net.ofWeight(bias),
  }
  if (Object.values(made).every((id) => id === undefined)) return
  net.push({ op: 'layer_norm_backward', input, outputGradient, scale, ...made, eps })
  if (inputGradient !== undefined) net.pass(input, inputGradient)
}
