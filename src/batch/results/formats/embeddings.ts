import { createHash } from 'node:crypto'
import { npyHeader } from '../../../checkpoint/write/npy.ts'
import type { Row } from '../../../vectors/formats.ts'
import { jsonlChunks } from '../../../vectors/jsonl.ts'
import { npyChunks } from '../../../vectors/npy.ts'
import { parquetChunks } from '../../../vectors/parquet.ts'
import { parquetPieces, schemaOf, textColumn } from '../../../vectors/parquet-writer.ts'
import type { VectorRecord } from '../../../vectors/record.ts'
import type { Format } from '../../job/settings.ts'
import type { EmbeddedRow } from '../../shard/compute.ts'

type Chunks = AsyncIterable<Uint8Array>

/** The contents of a shard's files, in the order of their paths. */
export function embeddingFiles(
  format: Format,
  embedded: readonly EmbeddedRow[],
  record: VectorRecord,
): Chunks[] {
  const { dtype, subject } = record
  const rows = () => rowsOf(embedded)
  // Whoever places files computes their checksums.
  const hash = createHash('sha256')
  if (format === 'npy') {
    const shape = [embedded.length, ...record.shape]
    return [
      withHead(npyHeader(shape, dtype), npyChunks({ rows: rows(), dtype }, hash)),
      imagePaths(embedded),
    ]
  }
  if (format === 'jsonl') return [jsonlChunks({ rows: rows(), subject }, hash)]
  return [parquetChunks({ rows: rows(), dtype, subject, record: () => record })]
}

async function* rowsOf(embedded: readonly EmbeddedRow[]): AsyncGenerator<Row> {
  for (const { image, values } of embedded) yield { name: image, values }
}

/** The number of rows is known before, so the first chunk need not be a placeholder. */
async function* withHead(head: Uint8Array, chunks: Chunks): AsyncGenerator<Uint8Array> {
  let isFirst = true
  for await (const chunk of chunks) {
    yield isFirst ? head : chunk
    isFirst = false
  }
}

/** The names of an array's rows, as clip-retrieval has them. */
async function* imagePaths(embedded: readonly EmbeddedRow[]): AsyncGenerator<Uint8Array> {
  const pieces = await parquetPieces(schemaOf(textColumn('image_path')))
  yield pieces.group([{ name: 'image_path', data: embedded.map(({ image }) => image) }])
  yield pieces.end()
}
