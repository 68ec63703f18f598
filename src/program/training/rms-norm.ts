import type { Operation } from '../ops/operation.ts'
import type { RmsNorm } from '../ops/rms-norm.ts'
import type { ValueId, WeightId } from '../values.ts'
import type { Rule } from './rule.ts'

/**
 * Of an RMS norm, with the normalised row `n`, what it was divided by, `s`, and `t = outputGradient * scale`:
 * `inputGradient = (t - n * mean(t * n)) / s`; the sums of the columns of `outputGradient * n` are the gradient of the
 * scale.
 */
export interface RmsNormBackward {
  readonly op: 'rms_norm_backward'
  readonly input: ValueId
  readonly outputGradient: ValueId
  readonly scale: WeightId
  readonly inputGradient: ValueId | undefined
  readonly scaleGradient: ValueId | undefined
  readonly eps: number
}

export const rmsNormBackwardOperation: Operation<RmsNormBackward> = {
  op: 'rms_norm_backward',
  reads: ['input', 'outputGradient'],
  makes: ['inputGradient', 'scaleGradient'],
  weights: { scale: 'vector' },
}

export const rmsNormRule: Rule<RmsNorm, RmsNormBackward> = (op, outputGradient, net) => {
  const { input, scale, eps } = op
  const inputGradient = net.like(input)
  const made = { inputGradient, scaleGradient: net.ofWeight(scale) }
  if (Object.values(made).every((id) => id === undefined)) return
  net.push({ op: 'rms_norm_backward', input, outputGradient, scale, ...made, eps })
  if (inputGradient !== undefined) net.pass(input, inputGradient)
}
