import { type Drawn, type DrawOptions, drawPictures, type Place } from './data/draw.ts'
import type { Pictures } from './data/pictures.ts'
import { smoothedLabels } from './recipe/loss.ts'
import type { Sample } from './trainer.ts'

export interface BatchOptions extends DrawOptions {
  readonly batch: number
  readonly classes: number
  /** How much of each target is spread over all classes, 0 to 1. */
  readonly labelSmoothing: number
}

/** A batch, and the place from which the next one is drawn. */
export interface Batch {
  readonly samples: readonly Sample[]
  readonly next: Place
}

/** The batches of a run, without end; see `drawPictures`. Pictures of the next one are decoded while one is in use. */
export async function* batches(
  pictures: Pictures,
  { batch, classes, labelSmoothing, ...options }: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  let samples: Sample[] = []
  for await (const { label, pixels, next } of drawPictures(pictures, options)) {
    samples.push({ pixels, targets: targetsOf(label, classes, labelSmoothing) })
    if (samples.length < batch) continue
    yield { samples, next }
    samples = []
  }
}

const targetsOf = (label: Drawn['label'], classes: number, smoothing: number) =>
  Float32Array.from(smoothedLabels([label], classes, smoothing))
