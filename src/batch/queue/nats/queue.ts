import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, JsMsg } from '@nats-io/jetstream'
import { SourceError } from '../../../errors.ts'
import type { Results } from '../../results/results.ts'
import type { Lease, Queue } from '../queue.ts'
import type { Broker } from './broker.ts'

/** How long one request waits for a shard, in milliseconds. */
const EXPIRES = 2000
/** Between attempts to reach a server that does not answer, in milliseconds. */
const PAUSE = 1000
/** A server that does not answer for so long is given up, in milliseconds. */
const MOST_SILENCE = 5 * 60_000

export interface NatsOptions {
  /** How long a worker may be silent, in milliseconds. */
  readonly patience: number
  /** Called when the server stops answering. */
  onTrouble(message: string): void
}

/**
 * Shards shared by NATS JetStream. The stream holds nothing but which shard is next: when it has nothing to give, the
 * shards without a result are published again. So a server that forgot everything costs only that.
 */
export function natsQueue(
  broker: Broker,
  results: Results,
  shards: readonly number[],
  { patience, onTrouble }: NatsOptions,
): Queue {
  let consumer: Consumer | undefined
  /** Since when the server has not answered. */
  let silentSince: number | undefined

  return { take, close }

  async function take(signal: AbortSignal): Promise<Lease | undefined> {
    for (;;) {
      signal.throwIfAborted()
      const missing = await withoutResult()
      if (missing.length === 0) return undefined
      try {
        const lease = await next(missing)
        silentSince = undefined
        if (lease) return lease
      } catch (error) {
        consumer = undefined
        // A worker that sees that all is done deletes the stream.
        if ((await withoutResult()).length === 0) return undefined
        complain(error as Error)
        await sleep(PAUSE, undefined, { signal })
      }
    }
  }

  async function withoutResult(): Promise<number[]> {
    await results.refresh()
    return shards.filter((shard) => !results.known.has(shard))
  }

  async function next(missing: readonly number[]): Promise<Lease | undefined> {
    if (!consumer) {
      consumer = await broker.consumer()
      if (await broker.isEmpty()) await broker.publish(missing)
    }
    const message = await consumer.next({ expires: EXPIRES })
    if (!message) return void (await broker.publish(missing))
    const shard = broker.shardOf(message)
    if (shard === undefined || !shards.includes(shard) || (await results.has(shard))) {
      return void (await message.ackAck())
    }
    return leaseOf(shard, message)
  }

  function complain({ message }: Error): void {
    const now = performance.now()
    if (silentSince === undefined) onTrouble(`The queue does not answer: ${message}. Trying again.`)
    silentSince ??= now
    if (now - silentSince < MOST_SILENCE) return
    throw new SourceError(
      `The queue has not answered for ${MOST_SILENCE / 60_000} minutes: ${message}. Run the same command again when it does; what is done stays done.`,
    )
  }

  function leaseOf(shard: number, message: JsMsg): Lease {
    const controller = new AbortController()
    let last = performance.now()
    const timer = setInterval(() => {
      const now = performance.now()
      // This process was stopped for so long that the server has given the shard to another.
      if (now - last > patience) {
        clearInterval(timer)
        return controller.abort()
      }
      last = now
      try {
        message.working()
      } catch {
        // The connection was closed: the server will give the shard to another.
      }
    }, patience / 4)
    // A server that does not answer gives the shard to a worker again, which finds its result.
    const settle = async (how: () => Promise<unknown>) => {
      clearInterval(timer)
      await how().catch(() => {})
    }
    return {
      shard,
      failures: message.info.deliveryCount - 1,
      lost: controller.signal,
      done: () => settle(() => message.ackAck()),
      failed: () => settle(async () => message.nak(PAUSE)),
      // Delivered again it would look like another attempt.
      giveBack: () =>
        settle(async () => {
          await message.ackAck()
          await broker.publish([shard])
        }),
    }
  }

  async function close(): Promise<void> {
    const isDone = shards.every((shard) => results.known.has(shard))
    if (isDone && silentSince === undefined) await broker.delete().catch(() => {})
    await broker.close()
  }
}
