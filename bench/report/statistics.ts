export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How far the rounds lie apart: (largest - smallest round median) / median of the round medians. */
export function spread(rounds: readonly (readonly number[])[]): number {
  const medians = rounds.map(median)
  return (Math.max(...medians) - Math.min(...medians)) / median(medians)
}

/**
 * Time of `a` over time of `b`, both from the same interleaved rounds: the median over the rounds
 * of the ratio of the round's medians, which cancels what slowed the machine for a whole round.
 */
export function ratio(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): number {
  return median(a.map((round, i) => median(round) / median(b[i]!)))
}
