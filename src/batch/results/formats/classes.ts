import { printableJSON } from '../../../controls.ts'
import { listColumn, parquetPieces, schemaOf, textColumn } from '../../../vectors/parquet-writer.ts'
import type { ClassifiedRow } from '../../shard/compute.ts'

/** Seven digits tell all values of float32 apart that matter, and hide how an engine rounds its exponentials. */
const rounded = (probability: number) => Number(probability.toPrecision(7))

/** One object per line: `{"image": …, "predictions": [{"index": …, "label": …, "probability": …}, …]}`. */
export async function* classesJSONL(rows: readonly ClassifiedRow[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for (const { image, predictions } of rows) {
    const line = {
      image,
      predictions: predictions.map(({ index, label, probability }) => ({
        index,
        label,
        probability: rounded(probability),
      })),
    }
    yield encoder.encode(`${printableJSON(JSON.stringify(line))}\n`)
  }
}

/** `image`, and lists with the most probable class first: `index`, `label`, `probability`. */
export async function* classesParquet(rows: readonly ClassifiedRow[]): AsyncGenerator<Uint8Array> {
  const pieces = await parquetPieces(
    schemaOf(
      textColumn('image'),
      listColumn('index', { type: 'INT32' }),
      listColumn('label', { type: 'BYTE_ARRAY', converted_type: 'UTF8' }),
      listColumn('probability', { type: 'FLOAT' }),
    ),
  )
  const column = <T>(name: string, of: (row: ClassifiedRow) => T) => ({ name, data: rows.map(of) })
  yield pieces.group([
    column('image', ({ image }) => image),
    column('index', ({ predictions }) => predictions.map(({ index }) => index)),
    column('label', ({ predictions }) => predictions.map(({ label }) => label)),
    column('probability', ({ predictions }) =>
      predictions.map(({ probability }) => rounded(probability)),
    ),
  ])
  yield pieces.end()
}
