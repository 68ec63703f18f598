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
 * with the most others within the bound, the first of them in the order given.
 * @param outputs the logits of all test images by engine, one after the other
 */
export function agreement(outputs: ReadonlyMap<string, readonly number[]>, bound: number) {
  let best: Agreement | undefined
  let bestSupport = 0
  for (const [reference, expected] of outputs) {
    const difference = new Map(
      [...outputs].map(([name, found]) => [name, relativeRms(found, expected)]),
    )
    const support = [...difference.values()].filter((value) => value <= bound).length
    if (support > bestSupport) {
      best = { reference, difference }
      bestSupport = support
    }
  }
  return best
}
