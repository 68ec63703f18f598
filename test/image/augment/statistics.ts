/**
 * Pearson's test whether counts come from given probabilities, as a standard normal deviate (Wilson and Hilferty).
 * Neighbouring bins are merged until 10 are expected in each.
 */
export function chiSquareDeviate(counts: readonly number[], expected: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const bins: [count: number, expected: number][] = []
  let open: [number, number] = [0, 0]
  counts.forEach((count, i) => {
    open = [open[0] + count, open[1] + expected[i]! * total]
    if (open[1] < 10) return
    bins.push(open)
    open = [0, 0]
  })
  const last = bins.at(-1)!
  bins[bins.length - 1] = [last[0] + open[0], last[1] + open[1]]
  const statistic = bins.reduce((sum, [count, mean]) => sum + (count - mean) ** 2 / mean, 0)
  const degrees = bins.length - 1
  const spread = 2 / (9 * degrees)
  return (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread)
}

/** The deviate that a correct sampler exceeds in 1 of 10,000 tests. */
export const SURPRISING = 3.72
