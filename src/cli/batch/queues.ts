import type { Job } from '../../batch/job/settings.ts'
import { shardsOfIndex } from '../../batch/queue/indexed-job/shards.ts'
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
  onTrouble(message: string): void
}

/** @throws UsageError for flags that name no queue; what the queue's own opening throws */
export async function openQueue(
  { queue, completions, lease }: BatchFlags,
  { job, leases, results, onTrouble }: Parts,
): Promise<Queue> {
  const { length } = job.manifest.shards
  if (completions !== undefined && queue !== 'kubernetes') {
    throw new UsageError('--completions is for --queue kubernetes; leave it out.')
  }
  if (queue === 'kubernetes') {
    const index = process.env.JOB_COMPLETION_INDEX
    return leaseQueue(leases, results, shardsOfIndex(index, completions ?? length, length))
  }
  const shards = [...job.manifest.shards.keys()]
  if (queue === 'leases') return leaseQueue(leases, results, shards)
  if (/^(nats|tls):\/\//i.test(queue)) {
    const [{ Broker }, { natsQueue }] = await Promise.all([
      import('../../batch/queue/nats/broker.ts'),
      import('../../batch/queue/nats/queue.ts'),
    ])
    const patience = 1000 * lease
    const broker = await Broker.open(queue, job.id, patience)
    return natsQueue(broker, results, shards, { patience, onTrouble })
  }
  throw new UsageError(
    `--queue is leases, nats://HOST:PORT or kubernetes, not ${JSON.stringify(queue)}.`,
  )
}
