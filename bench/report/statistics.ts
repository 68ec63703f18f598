/** Times by round. */
export type Rounds = readonly (readonly number[])[]

/** Both ends, such as of a 95 % confidence interval. */
export type Interval = readonly [low: number, high: number]

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The least and the largest of any number of values; `Math.min(...values)` has a limit. */
export const extent = (values: readonly number[]): Interval =>
  values.reduce<Interval>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )

/** How far the rounds lie apart: (largest - smallest round median) / median of the round medians. */
export function spread(rounds: Rounds): number {
  const medians = rounds.map(median)
  const [low, high] = extent(medians)
  return (high - low) / median(medians)
}

/**
 * Time of `a` over time of `b`, both from the same interleaved rounds: the median over the rounds
 * of the ratio of the round's medians, which cancels what slowed the machine for a whole round. The
 * median is that of the logarithms, so that the ratio of `b` over `a` is the reciprocal.
 */
export function ratio(a: Rounds, b: Rounds): number {
  return Math.exp(median(logRatios(a, b)))
}

/** The interval of {@link ratio}: rounds are drawn, as pairs. */
export function ratioInterval(a: Rounds, b: Rounds): Interval {
  const [low, high] = bootstrap(logRatios(a, b), median)
  return [Math.exp(low), Math.exp(high)]
}

/**
 * The interval of the typical time. The rounds' medians are drawn, not the runs: runs of one round
 * have the machine's mood of that moment in common, and drawing them one by one would promise too
 * much.
 */
export function medianInterval(rounds: Rounds): Interval {
  return bootstrap(rounds.map(median), median)
}

/** A round that is cut short in one of the two has no partner. */
function logRatios(a: Rounds, b: Rounds): number[] {
  const both = Math.min(a.length, b.length)
  return Array.from({ length: both }, (_, i) => Math.log(median(a[i]!) / median(b[i]!)))
}

const DRAWS = 2000

/** The percentile bootstrap (Efron 1979), the same for the same data. */
function bootstrap(
  sample: readonly number[],
  statistic: (drawn: readonly number[]) => number,
): Interval {
  let state = 0x9e3779b9
  const below = (n: number) => {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
  const values = Array.from({ length: DRAWS }, () =>
    statistic(sample.map(() => sample[below(sample.length)]!)),
  ).sort((x, y) => x - y)
  return [values[Math.floor(0.025 * DRAWS)]!, values[Math.ceil(0.975 * DRAWS) - 1]!]
}
