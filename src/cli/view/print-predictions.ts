import type { Prediction } from '../../model/predictions.ts'
import { failureOf, type Outcome } from '../inputs/each-image.ts'
import { write, writeData, writeJSON } from '../output.ts'
import { predictionView } from './predictions.ts'

const columns = ['image', 'rank', 'index', 'label', 'probability'] as const

/** Prints the most probable classes of images as they come: for people, as JSON lines or as CSV. */
export async function printPredictions(
  outcomes: AsyncIterable<Outcome<readonly Prediction[]>>,
  { csv, json }: { readonly csv?: true; readonly json?: true },
  signal: AbortSignal,
): Promise<void> {
  const { csvRecord } = await import('../output-files/csv.ts')
  let hasHeader = false
  for await (const outcome of outcomes) {
    if (csv && !hasHeader) await writeData(csvRecord(columns), signal)
    hasHeader = true
    if ('error' in outcome) {
      if (json) await writeJSON(failureOf(outcome), signal)
      continue
    }
    const { image, value: top, ms } = outcome
    if (json) await writeJSON({ image, top, ms }, signal)
    else if (csv) await writeData(records(image, top).map(csvRecord).join(''), signal)
    else await write(predictionView(image, top, ms, process.stdout), signal)
  }
}

const records = (image: string, top: readonly Prediction[]) =>
  top.map(({ index, label, probability }, i) => [image, i + 1, index, label, probability])
