import { onAbort } from '../../abort.ts'
import { Refusal } from '../http/refusal.ts'

export interface QueueOptions {
  /** How many items may wait and run. */
  readonly places: number
  /** How many run at once. */
  readonly slots: number
  /** Milliseconds that the first item waits for others, so that a GPU computes them together; 0 for none. */
  readonly delay: number
  /** The status of a refusal: 503, or 429. */
  readonly overloadStatus: number
}

interface Item {
  begin(): void
}

/** How much a new duration counts in the mean of durations. */
const NEWEST = 0.1

/** The items of a model, such as images: those that wait and those that run, both limited. */
export class Queue {
  readonly #options: QueueOptions
  readonly #waiting = new Set<Item>()
  #running = 0
  #meanMs = 0
  #isGathering = false

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Items that wait or run. */
  get pending(): number {
    return this.#waiting.size + this.#running
  }

  /**
   * Works on the items of one request. They take their places at once, all or none; when one fails, or the signal is
   * aborted, those that wait leave the queue, and those that run are aborted.
   * @param work gets a signal of its own, and how long its item has waited, in milliseconds
   * @returns the results in the order of the items
   * @throws Refusal when the queue is full; what `work` throws; the signal's reason
   */
  async all<T, R>(
    items: readonly T[],
    signal: AbortSignal,
    work: (item: T, signal: AbortSignal, waited: number) => Promise<R>,
  ): Promise<R[]> {
    signal.throwIfAborted()
    this.#requirePlaces(items.length)
    const stop = new AbortController()
    const unlisten = onAbort(signal, () => stop.abort(signal.reason))
    const all = items.map((item) =>
      this.#one(async (waited) => {
        try {
          return await work(item, stop.signal, waited)
        } catch (error) {
          // Before the next item of the request takes the place of this one.
          stop.abort(error)
          throw error
        }
      }, stop.signal),
    )
    try {
      return await Promise.all(all)
    } catch (error) {
      // Places are free when the work has stopped, not before.
      await Promise.allSettled(all)
      throw error
    } finally {
      unlisten()
    }
  }

  #requirePlaces(count: number): void {
    const { places, overloadStatus } = this.#options
    if (this.pending + count <= places) return
    const message = `The queue is full: ${this.pending} of ${places} places are taken, and the request needs ${count}.`
    throw new Refusal(overloadStatus, message, { 'Retry-After': String(this.#retrySeconds()) })
  }

  /** When about half of what is pending will be done. */
  #retrySeconds(): number {
    const { slots } = this.#options
    const seconds = (this.pending * this.#meanMs) / slots / 2 / 1000
    return Math.min(60, Math.max(1, Math.ceil(seconds)))
  }

  #one<R>(work: (waited: number) => Promise<R>, signal: AbortSignal): Promise<R> {
    return new Promise((resolve, reject) => {
      const came = performance.now()
      const item: Item = {
        begin: () => {
          unlisten()
          const begun = performance.now()
          this.#running++
          const end = () => {
            this.#running--
            this.#meanMs += NEWEST * (performance.now() - begun - this.#meanMs)
            this.#pump()
          }
          work(begun - came)
            .finally(end)
            .then(resolve, reject)
        },
      }
      const unlisten = onAbort(signal, () => {
        this.#waiting.delete(item)
        reject(signal.reason)
      })
      this.#waiting.add(item)
      this.#pump()
    })
  }

  #pump(): void {
    const { slots, delay } = this.#options
    const isIdle = this.#running === 0
    if (delay > 0 && isIdle && this.#waiting.size < slots) {
      if (this.#waiting.size > 0) this.#gather(delay)
      return
    }
    this.#begin()
  }

  /** Begins what waits after a while, together with what comes until then. */
  #gather(delay: number): void {
    if (this.#isGathering) return
    this.#isGathering = true
    setTimeout(() => {
      this.#isGathering = false
      this.#begin()
    }, delay)
  }

  #begin(): void {
    for (const item of this.#waiting) {
      if (this.#running >= this.#options.slots) break
      this.#waiting.delete(item)
      item.begin()
    }
  }
}
