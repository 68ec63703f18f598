import { concurrentMap } from '../../concurrent-map.ts'
import { VitrineError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageInput } from '../../image/image.ts'
import type { ImageModel } from '../../model/image-model.ts'
import type { Prediction } from '../../model/predictions.ts'
import type { Task } from '../job/settings.ts'
import type { Entry } from '../manifest/entry.ts'
import type { FailedImage } from '../results/record.ts'
import type { ImageReader } from './image-reader.ts'

type Model = ImageModel<AnyConfig>

/** What was computed of one image. */
export interface ClassifiedRow {
  readonly image: string
  readonly predictions: readonly Prediction[]
}

export interface EmbeddedRow {
  readonly image: string
  readonly values: Float32Array
}

/** What was computed of a shard, in the manifest's order: an image has a row or is among those that failed. */
export interface Computed<Row = ClassifiedRow | EmbeddedRow> {
  readonly rows: readonly Row[]
  readonly failed: readonly FailedImage[]
}

/**
 * Errors that are the image's own. With others, such as a lack of memory or a thread that died, the same image may well
 * be computed elsewhere, so the whole attempt fails.
 */
const OWN_ERRORS = new Set(['SOURCE', 'FORMAT', 'UNSUPPORTED', 'LIMIT', 'NUMERIC'])

/** @throws errors that are not an image's own; the signal's reason */
export async function computeShard(
  model: Model,
  task: Task,
  entries: readonly Entry[],
  reader: ImageReader,
  signal: AbortSignal,
): Promise<Computed> {
  const rows: (ClassifiedRow | EmbeddedRow)[] = []
  const failed: FailedImage[] = []
  const compute = rowMaker(model, task)
  const most = 2 * model.backend.threads.count
  const work = async (entry: Entry, stop: AbortSignal) => {
    try {
      return { row: await compute(entry.image, await reader.read(entry, stop), stop) }
    } catch (error) {
      stop.throwIfAborted()
      if (!(error instanceof VitrineError) || !OWN_ERRORS.has(error.code)) throw error
      const { code, message } = error
      return { failed: { image: entry.image, code, message } }
    }
  }
  for await (const outcome of concurrentMap(entries, most, signal, work)) {
    if (outcome.row) rows.push(outcome.row)
    else failed.push(outcome.failed)
  }
  return { rows, failed }
}

type RowMaker = (
  image: string,
  input: ImageInput,
  signal: AbortSignal,
) => Promise<ClassifiedRow | EmbeddedRow>

function rowMaker(model: Model, task: Task): RowMaker {
  if (task.kind === 'classify') {
    const { top: topK } = task
    return async (image, input, signal) => ({
      image,
      predictions: await model.classify(input, { topK, signal }),
    })
  }
  const { pool, normalized: normalize } = task
  const options = { normalize, ...(pool !== 'own' && { pool }) }
  return async (image, input, signal) => ({
    image,
    values: await model.embed(input, { ...options, signal }),
  })
}
