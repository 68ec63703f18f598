import { roundingOf, type Values } from './rounding.ts'

export interface AdamWUpdate {
  readonly learningRate: number
  /** The number of this update, from 1. */
  readonly step: number
  /** What is kept of the mean of gradients; 0.9 by default. */
  readonly beta1?: number
  /** What is kept of the mean of their squares; 0.999 by default. */
  readonly beta2?: number
  /** Added to the root of the mean square; 1e-8 by default. */
  readonly epsilon?: number
  /** The parameter shrinks by this times the rate; 0 for vectors, see `isDecayed`. */
  readonly weightDecay: number
}

/** The state of AdamW for one tensor: means of the gradients and of their squares, zeros at first. */
export interface Moments {
  readonly first: Values
  readonly second: Values
}

/**
 * One update of Adam with decoupled weight decay (Loshchilov and Hutter), in place, with optax's order of operations:
 * the rate multiplies the sum of step and decay.
 */
export function updateAdamW(
  parameter: Values,
  gradient: Values,
  { first, second }: Moments,
  { learningRate, step, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay }: AdamWUpdate,
): void {
  const round = roundingOf(parameter)
  const [rate, decay, eps] = [round(learningRate), round(weightDecay), round(epsilon)]
  const [keep1, keep2] = [round(beta1), round(beta2)]
  const [take1, take2] = [round(1 - beta1), round(1 - beta2)]
  // Both means start at zero, and are too small by these factors.
  const correction1 = round(1 - round(keep1 ** step))
  const correction2 = round(1 - round(keep2 ** step))
  for (let i = 0; i < parameter.length; i++) {
    const [value, slope] = [parameter[i]!, gradient[i]!]
    const mean = round(take1 * slope + round(keep1 * first[i]!))
    const square = round(take2 * round(slope * slope) + round(keep2 * second[i]!))
    first[i] = mean
    second[i] = square
    const deviation = round(round(Math.sqrt(round(square / correction2))) + eps)
    const direction = round(round(mean / correction1) / deviation)
    parameter[i] = round(value - rate * round(direction + decay * value))
  }
}

/**
 * Whether weight decay applies to a weight, by its name: to kernels of linear layers, convolutions and adapters, and not
 * to biases, scales of norms, position embeddings and class tokens. So does timm.
 */
export const isDecayed = (weight: string): boolean => /\.kernel(\.raw)?$/.test(weight)
