import { platform } from '#platform'
import type { WorkerHandle } from '../../../platform/platform.ts'
import type { Command, Report } from './protocol.ts'

/** After this many failed starts in a row, no more workers are started. */
const MAX_FAILURES = 3

/**
 * Memory of disposed models, in bytes, that a worker may hold before it is replaced. An idle worker never
 * collects garbage, and can't be made to.
 */
const STALE_BYTES = 32 * 2 ** 20

/** What a worker needs to instantiate a model. */
export interface SharedModel {
  readonly id: number
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
}

export interface PoolEvents {
  /** A worker became ready or ended. */
  changed(): void
  done(worker: PoolWorker, report: Report & { type: 'done' | 'failed' }): void
  ended(worker: PoolWorker, reason: string): void
}

/** One worker of the pool. */
export class PoolWorker {
  readonly #handle: WorkerHandle
  readonly #loaded = new Set<number>()
  #staleBytes = 0
  #ending = false
  ready = false
  busy = false
  /** Whether it holds much memory of disposed models. */
  stale = false

  constructor(handle: WorkerHandle) {
    this.#handle = handle
  }

  run(model: SharedModel, command: Command & { type: 'run' }): void {
    if (!this.#loaded.has(model.id)) {
      const { id, module, memory } = model
      this.#loaded.add(id)
      this.#handle.post({ type: 'load', model: id, module, memory } satisfies Command)
    }
    this.#handle.post(command)
  }

  unload(model: SharedModel): void {
    if (!this.#loaded.delete(model.id)) return
    this.#handle.post({ type: 'unload', model: model.id } satisfies Command)
    this.#staleBytes += model.memory.buffer.byteLength
    this.stale = this.#staleBytes > STALE_BYTES
  }

  /** A busy worker keeps the process alive. */
  set working(busy: boolean) {
    this.busy = busy
    this.#handle.keepAlive(busy)
  }

  /** Whether it accepts work. A worker being terminated does not, even before its end is reported. */
  get available(): boolean {
    return this.ready && !this.#ending
  }

  get idle(): boolean {
    return this.available && !this.busy
  }

  terminate(): void {
    this.#ending = true
    this.#handle.terminate()
  }
}

/**
 * The workers of this process, shared by all models. They start with the first model that wants them and
 * stay; idle ones do not keep the process alive.
 */
export class WorkerPool {
  readonly #events: PoolEvents
  readonly #workers = new Set<PoolWorker>()
  #wanted = 0
  #failures = 0

  constructor(events: PoolEvents) {
    this.#events = events
  }

  /** Starts workers until there are `count`. */
  want(count: number): void {
    this.#wanted = Math.max(this.#wanted, count)
    while (this.#workers.size < this.#wanted && this.#failures < MAX_FAILURES) {
      if (!this.#start()) break
    }
  }

  /** Whether any worker accepts work, busy or not. */
  get available(): boolean {
    return [...this.#workers].some(({ available }) => available)
  }

  idle(): PoolWorker[] {
    return [...this.#workers].filter(({ idle }) => idle)
  }

  take(workers: readonly PoolWorker[]): void {
    for (const worker of workers) worker.working = true
  }

  release(workers: readonly PoolWorker[]): void {
    for (const worker of workers) {
      if (!this.#workers.has(worker)) continue
      worker.working = false
      if (worker.stale) this.#retire(worker)
    }
  }

  /** Drops a model's memory in every worker. */
  unload(model: SharedModel): void {
    for (const worker of this.#workers) {
      worker.unload(model)
      if (worker.stale && !worker.busy) this.#retire(worker)
    }
  }

  /** A replacement starts when the next run wants it. */
  #retire(worker: PoolWorker): void {
    this.#workers.delete(worker)
    worker.terminate()
  }

  #start(): boolean {
    let worker: PoolWorker | undefined
    try {
      const handle = platform.threads.start({
        message: (data) => this.#hear(worker!, data as Report),
        ended: (reason) => this.#lose(worker!, reason),
      })
      worker = new PoolWorker(handle)
      this.#workers.add(worker)
      return true
    } catch (error) {
      this.#fail((error as Error).message)
      return false
    }
  }

  #hear(worker: PoolWorker, report: Report): void {
    if (!this.#workers.has(worker)) return
    if (report.type === 'ready') {
      worker.ready = true
      this.#failures = 0
      this.#events.changed()
    } else this.#events.done(worker, report)
  }

  #lose(worker: PoolWorker, reason: string): void {
    if (!this.#workers.delete(worker)) return
    if (!worker.ready) this.#fail(reason)
    this.#events.ended(worker, reason)
    this.want(0)
    this.#events.changed()
  }

  #fail(reason: string): void {
    this.#failures++
    if (this.#failures !== MAX_FAILURES) return
    console.warn(`vitrine computes on the caller's thread: a worker can't be started: ${reason}.`)
  }
}
