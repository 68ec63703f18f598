/** A class, and how probable it is. */
export interface Prediction {
  /** The class's position in the head, from 0. */
  index: number
  /** Its name; its index as text if the names are not known. */
  label: string
  /** Softmax over all classes, from 0 to 1. */
  probability: number
}

/**
 * The most probable classes, the first of equals first.
 * @param logits `[classes]`, finite
 * @param topK how many, or all where there are fewer
 */
export function topPredictions(
  logits: Float32Array,
  topK: number,
  labels: readonly string[] | undefined,
): Prediction[] {
  let top = Number.NEGATIVE_INFINITY
  for (const logit of logits) if (logit > top) top = logit
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - top)
  return Array.from(largest(logits, topK), (index) => ({
    index,
    label: labels?.[index] ?? String(index),
    probability: Math.exp(logits[index]! - top) / sum,
  }))
}

/**
 * The indices of the largest values, from the largest down, found with a heap of so many.
 * @param most how many are wanted, or all where there are fewer
 */
export function largest(values: Float32Array, most: number): Uint32Array {
  const count = Math.min(most, values.length)
  const before = (a: number, b: number) => values[b]! - values[a]! || a - b
  // The least of those that are kept lies at the root, and goes when a larger one comes.
  const heap = Uint32Array.from({ length: count }, (_, i) => i)
  const sink = (from: number) => {
    for (let at = from; ; ) {
      let least = at
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
        if (before(heap[child]!, heap[least]!) > 0) least = child
      }
      if (least === at) return
      const index = heap[at]!
      heap[at] = heap[least]!
      heap[least] = index
      at = least
    }
  }
  for (let at = (count >> 1) - 1; at >= 0; at--) sink(at)
  for (let i = count; i < values.length; i++) {
    if (before(i, heap[0]!) > 0) continue
    heap[0] = i
    sink(0)
  }
  return heap.sort(before)
}
