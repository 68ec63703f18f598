import { ArgumentError } from '../../../errors.ts'
import type { VectorRecord } from '../../../vectors/record.ts'
import { resultPaths } from '../../job/layout.ts'
import type { Format, Job } from '../../job/settings.ts'
import type { ClassifiedRow, Computed, EmbeddedRow } from '../../shard/compute.ts'
import type { Draft } from '../results.ts'

/** @throws ArgumentError for a format that can't hold what is computed */
export function checkFormat({ task, format }: Pick<Job, 'task' | 'format'>): void {
  if (task.kind === 'classify') {
    if (format !== 'npy') return
    throw new ArgumentError('.npy holds embeddings; pass --embed, or --format jsonl or parquet.')
  }
  if (format === 'jsonl' && task.dtype === 'f16') {
    throw new ArgumentError('--out-dtype f16 is for npy and parquet; JSON has no such numbers.')
  }
}

/** The files of a shard's results; none where no image has one. */
export async function resultFiles(job: Job, shard: number, { rows }: Computed): Promise<Draft[]> {
  if (rows.length === 0) return []
  const chunks = await chunksOf(job, rows)
  return resultPaths(job.format, shard).map((path, i) => ({ path, chunks: chunks[i]! }))
}

async function chunksOf(
  { task, format, model }: Job,
  rows: Computed['rows'],
): Promise<AsyncIterable<Uint8Array>[]> {
  if (task.kind === 'classify') {
    const classified = rows as readonly ClassifiedRow[]
    const formats = await import('./classes.ts')
    return [
      format === 'jsonl' ? formats.classesJSONL(classified) : formats.classesParquet(classified),
    ]
  }
  const { dtype, pool, normalized } = task
  const { dtype: _, labels: __, answers: ___, ...maker } = model
  const embedded = rows as readonly EmbeddedRow[]
  const record: VectorRecord = {
    version: 1,
    maker,
    subject: 'image',
    pool,
    normalized,
    shape: [embedded[0]!.values.length],
    dtype,
  }
  const formats = await import('./embeddings.ts')
  return formats.embeddingFiles(format satisfies Format, embedded, record)
}
