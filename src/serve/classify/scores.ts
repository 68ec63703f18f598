/** Probabilities that sum to 1. */
export function softmax(logits: Float32Array): Float32Array {
  let top = Number.NEGATIVE_INFINITY
  for (const logit of logits) if (logit > top) top = logit
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - top)
  return logits.map((logit) => Math.exp(logit - top) / sum)
}

/** Probabilities of classes that are judged each for itself. */
export const sigmoid = (logits: Float32Array): Float32Array =>
  logits.map((logit) => 1 / (1 + Math.exp(-logit)))
