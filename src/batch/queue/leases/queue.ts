import { setTimeout as sleep } from 'node:timers/promises'
import { shardName } from '../../job/layout.ts'
import type { Results } from '../../results/results.ts'
import type { Lease, Queue } from '../queue.ts'
import type { HeldLease, LeaseFolder } from './lease-folder.ts'

/** How often leases of others are looked at while there is nothing else to do, in milliseconds. */
const PAUSE = 500

/**
 * Shards shared by leases in the job's folder: no broker is needed.
 * @param shards those that may be taken, all of the job or some
 */
export function leaseQueue(
  leases: LeaseFolder,
  results: Results,
  shards: readonly number[],
): Queue {
  /** Workers begin at different places, so that they seldom want the same shard. */
  let next = Math.floor(Math.random() * shards.length)

  return { take, async close() {} }

  async function take(signal: AbortSignal): Promise<Lease | undefined> {
    for (;;) {
      signal.throwIfAborted()
      await results.refresh()
      const missing = inOrder().filter((shard) => !results.known.has(shard))
      if (missing.length === 0) return undefined
      const last = await leases.list()
      for (const shard of missing) {
        signal.throwIfAborted()
        const lease = await acquire(shard, last.get(shardName(shard)) ?? 0)
        if (!lease) continue
        next = (shards.indexOf(shard) + 1) % shards.length
        return lease
      }
      await sleep(PAUSE, undefined, { signal })
    }
  }

  function inOrder(): number[] {
    return [...shards.slice(next), ...shards.slice(0, next)]
  }

  async function acquire(shard: number, last: number): Promise<Lease | undefined> {
    const held = await leases.acquire(shardName(shard), last)
    if (!held) return undefined
    // A worker that has just put its result in place removes its lease.
    if (await results.has(shard)) return void (await held.remove())
    return leaseOf(shard, held)
  }
}

const leaseOf = (shard: number, held: HeldLease): Lease => ({
  shard,
  failures: held.failures,
  reason: held.reason,
  lost: held.lost,
  done: () => held.remove(),
  failed: (reason) => held.end('failed', reason),
  giveBack: () => held.end('given back'),
})
