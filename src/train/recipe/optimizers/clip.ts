import { roundingOf, type Values } from './rounding.ts'

/**
 * The Euclidean norm of all values of all tensors. The squares of a tensor are summed in float64; the sums of float32
 * tensors are then rounded and added in float32, in the order of the tensors.
 */
export function globalNorm(tensors: Iterable<Values>): number {
  let total = 0
  let round = (value: number) => value
  for (const values of tensors) {
    round = roundingOf(values)
    let sum = 0
    for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!
    total = round(total + round(sum))
  }
  return round(Math.sqrt(total))
}

/**
 * Scales gradients in place so that their global norm is at most `most`: unchanged where the norm is smaller, else
 * each is divided by the norm and multiplied by `most`, in this order.
 * @returns the norm before
 */
export function clipByGlobalNorm(tensors: readonly Values[], most: number): number {
  const norm = globalNorm(tensors)
  if (norm < most) return norm
  for (const values of tensors) {
    const round = roundingOf(values)
    for (let i = 0; i < values.length; i++) values[i] = round(values[i]! / norm) * most
  }
  return norm
}
