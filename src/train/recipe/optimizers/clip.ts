import { roundingOf, type Values } from './rounding.ts'

/**
 * The Euclidean norm of all values of all tensors. The squares of a tensor are summed in float64; the sums of float32
 * tensors are then rounded and added in float32, in the order of the tensors.
 */
export function globalNorm(tensors: Iterable<Values>): number {
  const sums: number[] = []
  let round = (value: number) => value
  for (const values of tensors) {
    round = roundingOf(values)
    let sum = 0
    for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!
    sums.push(sum)
  }
  return normOfSums(sums, round)
}

/** The global norm of tensors, by the sum of the squares of each. */
export function normOfSums(sums: Iterable<number>, round: (value: number) => number): number {
  let total = 0
  for (const sum of sums) total = round(total + round(sum))
  return round(Math.sqrt(total))
}

/** Scales a gradient in place: each value is divided by the norm and multiplied by `most`, in this order. */
export function clipTo(values: Values, norm: number, most: number): void {
  const round = roundingOf(values)
  const [divisor, factor] = [round(norm), round(most)]
  for (let i = 0; i < values.length; i++) values[i] = round(values[i]! / divisor) * factor
}

/**
 * Scales gradients in place so that their global norm is at most `most`: unchanged where the norm is smaller, else
 * as `clipTo` does.
 * @returns the norm before
 */
export function clipByGlobalNorm(tensors: readonly Values[], most: number): number {
  const norm = globalNorm(tensors)
  if (norm < most) return norm
  for (const values of tensors) clipTo(values, norm, most)
  return norm
}
