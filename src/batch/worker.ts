import { onAbort } from '../abort.ts'
import { VitrineError } from '../errors.ts'
import type { AnyConfig } from '../families/architectures.ts'
import type { ImageModel } from '../model/image-model.ts'
import { ownProcess } from '../platform/node/files.ts'
import type { Layout } from './job/layout.ts'
import { fingerprint, type Job } from './job/settings.ts'
import type { Entry } from './manifest/entry.ts'
import { readShard } from './manifest/read.ts'
import { type Lease, MOST_ATTEMPTS, type Queue } from './queue/queue.ts'
import { resultFiles } from './results/formats/formats.ts'
import type { ShardRecord } from './results/record.ts'
import type { Results } from './results/results.ts'
import { computeShard } from './shard/compute.ts'
import { ImageReader } from './shard/image-reader.ts'

export interface Work {
  readonly job: Job
  readonly layout: Layout
  readonly results: Results
  readonly queue: Queue
  readonly model: ImageModel<AnyConfig>
  /** The folder that relative paths of the manifest begin at here. */
  readonly root: string
  readonly signal: AbortSignal
  /** Called with each record that this worker put in place. */
  onShard?(record: ShardRecord): void
  /** Called with what went wrong, for people. */
  onTrouble?(message: string): void
}

/**
 * Computes shards until all have a result.
 * @throws SourceError if results can't be written, such as to a full disk; the signal's reason. The shard under way is
 *   given back before.
 */
export async function work({ queue, ...rest }: Work): Promise<void> {
  const { signal } = rest
  for (;;) {
    const lease = await queue.take(signal)
    if (!lease) return
    await settle(lease, rest)
  }
}

async function settle(lease: Lease, work: Omit<Work, 'queue'>): Promise<void> {
  const { results, signal, onShard, onTrouble } = work
  try {
    const record = await attempt(lease, work)
    if (await results.place(record)) onShard?.(record)
    await lease.done()
  } catch (error) {
    if (signal.aborted) {
      await lease.giveBack()
      throw signal.reason
    }
    // Another worker has the shard.
    if (lease.lost.aborted) return
    if (!isOfShard(error)) {
      await lease.giveBack()
      throw error
    }
    const { code, message } = error
    onTrouble?.(`Shard ${lease.shard} failed, attempt ${lease.failures + 1}: ${message} (${code})`)
    await lease.failed(`${message} (${code})`)
  }
}

/** A lack of memory or a thread that died may be this worker's or the shard's fault: another attempt will tell. */
const isOfShard = (error: unknown): error is VitrineError =>
  error instanceof VitrineError && ['MEMORY', 'WORKER', 'GPU'].includes(error.code)

/** What a shard's record says whatever became of it. */
type Known = Pick<ShardRecord, 'shard' | 'job' | 'worker'>

async function attempt(
  lease: Lease,
  { job, layout, results, model, root, signal }: Omit<Work, 'queue'>,
): Promise<ShardRecord> {
  const { shard, lost } = lease
  const start = performance.now()
  const entries = await readShard(layout.own(job.manifest.file), job.manifest.shards[shard]!)
  const { host, pid } = ownProcess()
  const known = { shard, job: fingerprint(job), worker: `${host.split(' ')[0]} ${pid}` }
  if (lease.failures >= MOST_ATTEMPTS) return givenUp(lease, entries, known)
  const stop = new AbortController()
  const unlisten = [signal, lost].map((one) => onAbort(one, () => stop.abort(one.reason)))
  const reader = new ImageReader(root)
  try {
    signal.throwIfAborted()
    const computed = await computeShard(model, job.task, entries, reader, stop.signal)
    const drafts = await resultFiles(job, shard, computed)
    const files = await results.draft(drafts, stop.signal)
    const { rows, failed } = computed
    const seconds = Math.round(performance.now() - start) / 1000
    return { ...known, done: rows.length, failed, files, seconds }
  } finally {
    for (const remove of unlisten) remove()
    await reader.close()
  }
}

/** Names all images of a shard as failed, since any of them may be what its workers died of. */
function givenUp(
  { shard, failures, reason = 'its worker died' }: Lease,
  entries: readonly Entry[],
  known: Known,
): ShardRecord {
  const message = `${failures} attempts to compute shard ${shard} ended without a result; the last: ${reason}.`
  const failed = entries.map(({ image }) => ({ image, code: 'WORKER', message }))
  return { ...known, done: 0, failed, files: [], seconds: 0 }
}
