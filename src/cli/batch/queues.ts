import type { Job } from '../../batch/job/settings.ts'
import type { LeaseFolder } from '../../batch/queue/leases/lease-folder.ts'
import { leaseQueue } from '../../batch/queue/leases/queue.ts'
import type { Queue } from '../../batch/queue/queue.ts'
import type { Results } from '../../batch/results/results.ts'
import { UsageError } from '../exit.ts'
import type { BatchFlags } from './flags.ts'

interface Parts {
  readonly job: Job
  readonly leases: LeaseFolder
  readonly results: Results
  readonly signal: AbortSignal
}

/** @throws UsageError for a queue that does not exist */
export async function openQueue(
  { queue }: BatchFlags,
  { job, leases, results }: Parts,
): Promise<Queue> {
  const shards = [...job.manifest.shards.keys()]
  if (queue === 'leases') return leaseQueue(leases, results, shards)
  throw new UsageError(
    `--queue is leases, nats://HOST:PORT or kubernetes, not ${JSON.stringify(queue)}.`,
  )
}
