import { platform } from '#platform'
import type { WorkerHandle } from '../../../platform/platform.ts'
import type { Command, Report } from './protocol.ts'

/** So many threads in a row that never got ready, and no more are started. */
const PATIENCE = 3

/**
 * Memory of models that were disposed of, in bytes, after which a thread is ended and started anew: an
 * idle thread collects no garbage, and nobody can make it.
 */
const STALE_BYTES = 32 * 2 ** 20

/** What a thread has to be told of a model before it can run it. */
export interface SharedModel {
  readonly id: number
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
}

export interface PoolEvents {
  /** A thread has become ready, or was lost. */
  changed(): void
  done(worker: PoolWorker, report: Report & { type: 'done' | 'failed' }): void
  ended(worker: PoolWorker, reason: string): void
}

/** One thread of the crew. */
export class PoolWorker {
  readonly #handle: WorkerHandle
  readonly #loaded = new Set<number>()
  #staleBytes = 0
  #ending = false
  ready = false
  busy = false
  /** Whether it holds on to much memory that nobody uses. */
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

  /** A thread at work keeps the process alive. */
  set working(busy: boolean) {
    this.busy = busy
    this.#handle.keepAlive(busy)
  }

  /** Whether it can be given work, now or later. A worker that is being ended can't, before it is told so. */
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
 * The threads of this process, shared by all models. They are started when the first model wants them,
 * stay, and keep no process alive while they have nothing to do.
 */
export class WorkerPool {
  readonly #events: PoolEvents
  readonly #workers = new Set<PoolWorker>()
  #wanted = 0
  #failures = 0

  constructor(events: PoolEvents) {
    this.#events = events
  }

  /** Starts threads until there are so many. */
  want(count: number): void {
    this.#wanted = Math.max(this.#wanted, count)
    while (this.#workers.size < this.#wanted && this.#failures < PATIENCE) {
      if (!this.#start()) break
    }
  }

  /** Whether there is a thread, at work or not. */
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

  /** Lets go of a model's memory in every thread. */
  unload(model: SharedModel): void {
    for (const worker of this.#workers) {
      worker.unload(model)
      if (worker.stale && !worker.busy) this.#retire(worker)
    }
  }

  /** Another takes its place when the next run wants it. */
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
    if (this.#failures !== PATIENCE) return
    console.warn(`vitrine computes on the caller's thread: a worker can't be started: ${reason}.`)
  }
}
