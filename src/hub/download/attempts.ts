import { SourceError } from '../../errors.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import { unreachableError, whyUnreachable } from './unreachable.ts'

/** The most attempts in a row without progress. */
const maxFailures = 6
/** The most attempts to reach a server for the first time, and their total time in milliseconds. */
const maxConnects = 3
const maxConnectTime = 4000
/** The longest pause accepted from a server, in milliseconds. */
const maxPause = 120_000

/** An attempt failed, and a retry may succeed. */
export class RetryableError extends Error {
  /** The pause that the server asked for (Retry-After), in milliseconds. */
  readonly pause: number | undefined
  /** Whether the bytes received so far are of another version. */
  readonly stale: boolean

  constructor(
    message: string,
    options: ErrorOptions & { pause?: number | undefined; stale?: boolean } = {},
  ) {
    super(message, options)
    this.pause = options.pause
    this.stale = options.stale ?? false
  }
}

/** The server refused the request, and a retry would not help. */
export class RefusedError extends SourceError {
  /** The HTTP status. */
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

/** The next attempt: when, and why the last one failed. */
export interface Retry {
  /** Milliseconds. */
  readonly pause: number
  readonly reason: string
}

/** Decides after each failed attempt whether and when to retry. */
export class Attempts {
  readonly #remote: Remote
  readonly #settings: Pick<Settings, 'retryDelay' | 'unreachable'>
  readonly #start = performance.now()
  #failures = 0
  #responded = false
  /** The most bytes ever received. A server that restarts the file again and again makes no progress. */
  #furthest: number

  /** @param have bytes received before */
  constructor(
    remote: Remote,
    have: number,
    settings: Pick<Settings, 'retryDelay' | 'unreachable'>,
  ) {
    this.#remote = remote
    this.#furthest = have
    this.#settings = settings
  }

  /** Call it when the server responds: after that, a lost connection is retried more often. */
  responded(): void {
    this.#responded = true
  }

  /**
   * @param reached bytes received in total after the attempt
   * @throws SourceError after the last attempt
   */
  next(error: unknown, reached: number): Retry {
    this.#failures = reached > this.#furthest ? 0 : this.#failures + 1
    this.#furthest = Math.max(this.#furthest, reached)
    const asked = error instanceof RetryableError ? error.pause : undefined
    const pause = Math.max(asked ?? 0, this.#failures > 0 || asked ? this.#backoff() : 0)
    const unreachable = this.#responded ? undefined : whyUnreachable(error)
    if (unreachable !== undefined && this.#shouldGiveUp(pause)) {
      throw unreachableError(this.#remote, unreachable, error)
    }
    const reason = unreachable ?? (error as Error).message
    if (this.#failures >= maxFailures || (asked ?? 0) > maxPause) {
      throw new SourceError(`Can't download ${this.#remote.name}: ${reason}.`, { cause: error })
    }
    return { pause, reason }
  }

  /** Exponential backoff with jitter, so that clients that were cut off together don't retry together. */
  #backoff(): number {
    const doublings = Math.max(0, this.#failures - 1)
    return this.#settings.retryDelay * 2 ** doublings * (0.5 + Math.random())
  }

  #shouldGiveUp(pause: number): boolean {
    const { unreachable } = this.#settings
    const { origin } = new URL(this.#remote.url)
    const waited = performance.now() - this.#start
    if (
      this.#failures < maxConnects &&
      waited + pause <= maxConnectTime &&
      !unreachable.has(origin)
    ) {
      return false
    }
    unreachable.add(origin)
    return true
  }
}
