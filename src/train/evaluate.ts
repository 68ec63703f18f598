import type { Channels } from '../image/image.ts'
import type { TargetSize } from '../image/preprocess/fit.ts'
import { preprocess } from '../image/preprocess/preprocess.ts'
import type { Recipe } from '../image/preprocess/recipes.ts'
import type { Pictures } from './data/pictures.ts'
import type { Trainer } from './trainer.ts'

export interface EvaluateOptions {
  readonly size: TargetSize
  readonly recipe: Recipe
  readonly channels: Channels
  readonly classes: number
  /** Pictures that are computed together. */
  readonly together: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** A picture that was classified wrongly. */
export interface Mistake {
  /** As the data set names it. */
  readonly name: string
  /** The number of its class. */
  readonly label: number
  /** The number of the class that it was taken for. */
  readonly predicted: number
  /** The probability of its true class: the lower, the more wrong. */
  readonly probability: number
}

/** How well a model does on pictures that it was not trained on. */
export interface Evaluation {
  /** How many there were, without those that can't be read. */
  readonly pictures: number
  /** The share of pictures whose most probable class is right, 0 to 1. */
  readonly accuracy: number
  /** The mean cross entropy. */
  readonly loss: number
  /** How often class `row` was taken for class `column`. */
  readonly confusion: readonly (readonly number[])[]
  /** The most wrong first, at most 100. */
  readonly mistakes: readonly Mistake[]
}

const MISTAKES = 100

/** Classifies all pictures of a split, preprocessed as the trained model will be. */
export async function evaluate(
  trainer: Trainer,
  pictures: Pictures,
  { size, recipe, channels, classes, together, signal, onProgress }: EvaluateOptions,
): Promise<Evaluation> {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  const mistakes: Mistake[] = []
  let [count, right, loss] = [0, 0, 0]
  for (let start = 0; start < pictures.size; start += together) {
    const indices = Array.from(
      { length: Math.min(together, pictures.size - start) },
      (_, i) => start + i,
    )
    const read = await Promise.all(indices.map((index) => pictures.read(index, signal)))
    const found = read.filter((picture) => picture !== undefined)
    if (found.length > 0) {
      const pixels = found.map(({ image }) => preprocess(image, recipe, size, channels))
      const logits = await trainer.logits(pixels, { signal })
      found.forEach(({ name, label }, i) => {
        const probabilities = softmax(logits.subarray(i * classes, (i + 1) * classes))
        const predicted = probabilities.indexOf(Math.max(...probabilities))
        const probability = probabilities[label]!
        confusion[label]![predicted]!++
        loss -= Math.log(Math.max(probability, Number.MIN_VALUE))
        if (predicted === label) right++
        else mistakes.push({ name, label, predicted, probability })
      })
      count += found.length
    }
    onProgress?.(start + indices.length, pictures.size)
  }
  mistakes.sort((one, other) => one.probability - other.probability)
  return {
    pictures: count,
    accuracy: count === 0 ? 0 : right / count,
    loss: count === 0 ? 0 : loss / count,
    confusion,
    mistakes: mistakes.slice(0, MISTAKES),
  }
}

function softmax(logits: Float32Array): number[] {
  const top = Math.max(...logits)
  const powers = Array.from(logits, (logit) => Math.exp(logit - top))
  const sum = powers.reduce((one, other) => one + other, 0)
  return powers.map((power) => power / sum)
}
