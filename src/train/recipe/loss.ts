import { roundingOf, type Values } from './optimizers/rounding.ts'

/**
 * The targets of a batch: 1 for a picture's class and 0 for the others, with `smoothing` of it spread over all classes.
 * @param labels a class for each picture, from 0
 * @param smoothing from 0 to 1
 * @param out `[pictures, classes]`
 */
export function smoothedLabels(
  labels: ArrayLike<number>,
  classes: number,
  smoothing: number,
  out: Values = new Float64Array(labels.length * classes),
): Values {
  const rest = smoothing / classes
  out.fill(rest)
  for (let i = 0; i < labels.length; i++) out[i * classes + labels[i]!] = 1 - smoothing + rest
  return out
}

/**
 * Softmax cross-entropy, the mean over the pictures of a batch.
 * @param logits `[pictures, classes]`
 * @param targets `[pictures, classes]`, which add up to 1 for each picture
 * @returns the loss, and its gradient by the logits, `[pictures, classes]`, in their precision
 */
export function crossEntropy(
  logits: Values,
  targets: Values,
  classes: number,
): { readonly loss: number; readonly gradient: Values } {
  const round = roundingOf(logits)
  const pictures = logits.length / classes
  const gradient = logits.slice()
  let loss = 0
  for (let at = 0; at < logits.length; at += classes) {
    let largest = Number.NEGATIVE_INFINITY
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[at + c]!)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[at + c]! - largest)
    const logSum = Math.log(sum)
    for (let c = at; c < at + classes; c++) {
      const logProbability = logits[c]! - largest - logSum
      loss -= targets[c]! * logProbability
      gradient[c] = (Math.exp(logProbability) - targets[c]!) / pictures
    }
  }
  return { loss: round(loss / pictures), gradient }
}
