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

/** Each engine's difference from the one that most of the others agree with. */
export interface Agreement {
  readonly reference: string
  readonly difference: ReadonlyMap<string, number>
}

/**
 * Finds out who computes something else without trusting any one engine: the reference is the one
 * with the most others within the bound, and among those the one that is closest to them.
 * @param outputs the logits of all test images by engine, one after the other
 * @returns undefined where no engine gives numbers
 */
export function agreement(
  outputs: ReadonlyMap<string, readonly number[]>,
  bound: number,
): Agreement | undefined {
  const candidates = [...outputs].map(([reference, expected]) => {
    const difference = new Map(
      [...outputs].map(([name, found]) => [name, relativeRms(found, expected)]),
    )
    const close = [...difference.values()].filter((value) => value <= bound)
    const distance = close.reduce((sum, value) => sum + value, 0)
    return { reference, difference, support: close.length, distance }
  })
  return candidates
    .filter(({ support }) => support > 0)
    .sort((a, b) => b.support - a.support || a.distance - b.distance)[0]
}
