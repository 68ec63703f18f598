/** `rms(a - b) / rms(b)`; infinite where either holds something that is not a number. */
export function relativeRms(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let size = 0
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2
    size += b[i]! ** 2
  }
  const ratio = Math.sqrt(difference / size)
  return Number.isFinite(ratio) ? ratio : Number.POSITIVE_INFINITY
}

/** What one engine computed, and how far it may be from the others. */
export interface Output<Key> {
  readonly key: Key
  readonly values: readonly number[]
  readonly bound: number
  /** Whether it may be what others are held against: not where it computes with rounded weights. */
  readonly exact: boolean
}

/**
 * Finds out which engines compute something else without trusting any one engine: the reference is the one
 * with the most others within their bounds, and among those the one that is closest to them.
 * @returns each engine's relative RMS difference from that reference; undefined where no engine
 *   gives numbers
 */
export function agreement<Key>(outputs: readonly Output<Key>[]): Map<Key, number> | undefined {
  const candidates = outputs.map((reference) => {
    const difference = new Map(
      outputs.map(({ key, values }) => [key, relativeRms(values, reference.values)]),
    )
    const close = outputs.filter(({ key, bound }) => difference.get(key)! <= bound)
    const distance = close.reduce((sum, { key }) => sum + difference.get(key)!, 0)
    return { difference, exact: Number(reference.exact), support: close.length, distance }
  })
  return candidates
    .filter(({ support }) => support > 0)
    .sort((a, b) => b.exact - a.exact || b.support - a.support || a.distance - b.distance)[0]
    ?.difference
}
