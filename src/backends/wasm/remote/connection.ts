import { platform } from '#platform'
import { revive } from '../../../error-message.ts'
import { WorkerError } from '../../../errors.ts'
import type { WorkerHandle } from '../../../platform/platform.ts'
import type { Call, Reply, Request, Results } from './protocol.ts'

interface Pending {
  resolve(result: Results[Request['type']]): void
  reject(error: unknown): void
}

/** How often a silent worker is asked whether it still answers. */
const CHECKS = 10

/**
 * The worker of this page and the requests that it has not answered. It is shared by all models, and ended when
 * the last of its users has left, which frees all of its memory.
 */
export class Connection {
  /**
   * How long a worker that has something to do may be silent, in milliseconds of this page's running time.
   * Nothing tells a page that a worker has closed itself or was removed by the browser.
   */
  static patience = 20_000
  static #shared: Connection | undefined

  /** Resolves when the worker's script runs; rejects with a WorkerError where it can't be started. */
  readonly ready: Promise<void>
  readonly #users = new Set<object>()
  readonly #pending = new Map<number, Pending>()
  #settle = (_error?: WorkerError) => {}
  #handle: WorkerHandle | undefined
  #calls = 0
  #watch: ReturnType<typeof setInterval> | undefined
  #silent = 0
  /** Why the worker is gone. */
  #ended: string | undefined

  /** The page's worker, started if there is none. Its user calls `leave` later. */
  static enter(user: object): Connection {
    if (!Connection.#shared || Connection.#shared.ended !== undefined)
      Connection.#shared = new Connection()
    Connection.#shared.#users.add(user)
    return Connection.#shared
  }

  private constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve())
    })
    this.ready.catch(() => {})
    try {
      this.#handle = platform.threads.startRemote!({
        message: (reply) => this.#hear(reply as Reply),
        ended: (reason) => this.#end(reason),
      })
    } catch (error) {
      this.#end((error as Error).message)
    }
  }

  /** Why the worker is gone; undefined while it is there. */
  get ended(): string | undefined {
    return this.#ended
  }

  /** Whether the worker could be started. */
  async starts(): Promise<boolean> {
    await this.ready.catch(() => {})
    return this.#ended === undefined
  }

  /** Ends the worker after the last user has left. */
  leave(user: object): void {
    if (!this.#users.delete(user) || this.#users.size > 0) return
    this.#end('the last model was disposed')
  }

  /**
   * @returns the result, with the number of the call
   * @throws the worker's error; a WorkerError where the worker is gone
   */
  call<R extends Request>(
    request: R,
    transfer?: ArrayBufferLike[],
  ): { readonly number: number; readonly result: Promise<Results[R['type']]> } {
    const number = ++this.#calls
    const result = new Promise<Results[Request['type']]>((resolve, reject) => {
      if (this.#ended !== undefined) return reject(gone(this.#ended))
      this.#handle!.post({ call: number, request } satisfies Call, transfer)
      this.#pending.set(number, { resolve, reject })
      this.#watch ??= setInterval(() => this.#check(), Connection.patience / CHECKS)
    })
    return { number, result: result as Promise<Results[R['type']]> }
  }

  #hear(reply: Reply): void {
    this.#silent = 0
    if (reply.type === 'ready') {
      this.#settle()
      return
    }
    const pending = this.#pending.get(reply.call)!
    this.#pending.delete(reply.call)
    if (this.#pending.size === 0) this.#rest()
    if (reply.type === 'done') pending.resolve(reply.result)
    else pending.reject(revive(reply.error))
  }

  /** Counts ticks, not time: a page that was suspended must not take its worker for dead. */
  #check(): void {
    if (++this.#silent >= CHECKS) {
      const seconds = Connection.patience / 1000
      this.#end(`it did not answer for ${seconds} seconds`)
    } else if (this.#silent > 1) this.call({ type: 'ping' }).result.catch(() => {})
  }

  #rest(): void {
    clearInterval(this.#watch)
    this.#watch = undefined
    this.#silent = 0
  }

  #end(reason: string): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.#rest()
    this.#handle?.terminate()
    const error = gone(reason)
    this.#settle(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}

const gone = (reason: string) =>
  new WorkerError(`The worker that computes for this page is gone: ${reason}.`)
