import { holdWorkers } from '../image/worker/pool.ts'
import { type Drawn, type DrawOptions, drawPictures, type Place } from './data/draw.ts'
import type { Pictures } from './data/pictures.ts'
import { BYTES_AHEAD, prefetch } from './data/prefetch.ts'
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

/** How much is made ready while a batch is in use. */
const BATCHES_AHEAD = 2

/**
 * The batches of a run, without end; see `drawPictures`. Pictures of the next ones are decoded while one is in use: two
 * batches, or 256 MiB where that is less. When it ends, or its consumer stops, no file is open and no worker is left.
 */
export async function* batches(
  pictures: Pictures,
  { batch, classes, labelSmoothing, signal, ...options }: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const drawn = prefetch((signal) => drawPictures(pictures, { ...options, signal }), {
    most: BATCHES_AHEAD * batch,
    mostBytes: BYTES_AHEAD,
    bytesOf: ({ pixels }: Drawn) => pixels.byteLength,
    signal,
  })
  const release = holdWorkers()
  try {
    let samples: Sample[] = []
    for await (const { label, pixels, next } of drawn) {
      samples.push({ pixels, targets: targetsOf(label, classes, labelSmoothing) })
      if (samples.length < batch) continue
      yield { samples, next }
      samples = []
    }
  } finally {
    release()
  }
}

const targetsOf = (label: Drawn['label'], classes: number, smoothing: number) =>
  Float32Array.from(smoothedLabels([label], classes, smoothing))
