import { fromBfloat16, toBfloat16 } from './bfloat16.ts'
import { roundingOf, type Values } from './rounding.ts'

export interface SGDUpdate {
  readonly learningRate: number
  /** The share of the accumulator that an update keeps; 0.9 in the release. */
  readonly momentum: number
  /** Added to the gradient times the parameter, before momentum; 0 by default, as in the release. */
  readonly weightDecay?: number
}

/** An accumulator of gradients: float32 or float64, or bfloat16 as 16 bits each. */
export type Trace = Values | Uint16Array

/**
 * One update of stochastic gradient descent with momentum (not Nesterov's), in place: `u = g + momentum * trace`,
 * `parameter -= rate * u`, both fused multiply-adds.
 *
 * With a bfloat16 accumulator it is what the release computes: its momentum is rounded to bfloat16 too, 0.9 to
 * 0.8984375, and the parameter moves by the sum before it is rounded for the accumulator.
 *
 * @param trace zeros at first; undefined for no momentum
 */
export function updateSGD(
  parameter: Values,
  gradient: Values,
  trace: Trace | undefined,
  { learningRate, momentum, weightDecay = 0 }: SGDUpdate,
): void {
  const round = roundingOf(parameter)
  const rate = round(learningRate)
  const decay = round(weightDecay)
  const isHalf = trace instanceof Uint16Array
  const kept = isHalf ? fromBfloat16(toBfloat16(momentum)) : round(momentum)
  for (let i = 0; i < parameter.length; i++) {
    const value = parameter[i]!
    let step = decay === 0 ? gradient[i]! : round(gradient[i]! + decay * value)
    if (trace) {
      step = round(step + kept * (isHalf ? fromBfloat16(trace[i]!) : trace[i]!))
      trace[i] = isHalf ? toBfloat16(step) : step
    }
    parameter[i] = round(value - rate * step)
  }
}
