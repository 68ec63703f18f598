import { SourceError } from '../../errors.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import { unreachableError, whyUnreachable } from './unreachable.ts'

/** Attempts in a row of which none brought a byte. */
const maxFailures = 6
/** Attempts to reach a server that was not reached yet, and the time that they may take, in milliseconds. */
const maxKnocks = 3
const maxKnocking = 4000
/** A longer pause than this is not for someone who waits. */
const maxPause = 120_000

/** An attempt failed, and another may not. */
export class Interruption extends Error {
  /** How long the server wants not to be asked, in milliseconds. */
  readonly pause: number | undefined
  /** What came so far does not go with what the server has now. */
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

/** The server refuses or has nothing, and asking again would not help. */
export class RefusedError extends SourceError {
  /** Of HTTP. */
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

/** An attempt failed, and the next one comes after a pause. */
export interface Retry {
  /** Milliseconds. */
  readonly pause: number
  readonly reason: string
}

/** Decides after each failed attempt whether there is another one, and when. */
export class Attempts {
  readonly #remote: Remote
  readonly #settings: Pick<Settings, 'retryDelay' | 'unreachable'>
  readonly #start = performance.now()
  #failures = 0
  #answered = false
  /** Not the bytes before this attempt: a server may begin anew for ever. */
  #furthest: number

  /** @param have bytes that are there already */
  constructor(
    remote: Remote,
    have: number,
    settings: Pick<Settings, 'retryDelay' | 'unreachable'>,
  ) {
    this.#remote = remote
    this.#furthest = have
    this.#settings = settings
  }

  /** To be called when the server answers: from then on a lost connection is worth more patience. */
  answered(): void {
    this.#answered = true
  }

  /**
   * @param reached bytes that are there after the attempt
   * @throws SourceError where it was the last one
   */
  next(error: unknown, reached: number): Retry {
    this.#failures = reached > this.#furthest ? 0 : this.#failures + 1
    this.#furthest = Math.max(this.#furthest, reached)
    const asked = error instanceof Interruption ? error.pause : undefined
    const pause = Math.max(asked ?? 0, this.#failures > 0 || asked ? this.#backoff() : 0)
    const unreachable = this.#answered ? undefined : whyUnreachable(error)
    if (unreachable !== undefined && this.#hasKnockedEnough(pause)) {
      throw unreachableError(this.#remote, unreachable, error)
    }
    const reason = unreachable ?? (error as Error).message
    if (this.#failures >= maxFailures || (asked ?? 0) > maxPause) {
      throw new SourceError(`Can't download ${this.#remote.name}: ${reason}.`, { cause: error })
    }
    return { pause, reason }
  }

  /** Some more or less, so that many who were cut off together don't come back together. */
  #backoff(): number {
    const doublings = Math.max(0, this.#failures - 1)
    return this.#settings.retryDelay * 2 ** doublings * (0.5 + Math.random())
  }

  #hasKnockedEnough(pause: number): boolean {
    const { unreachable } = this.#settings
    const { origin } = new URL(this.#remote.url)
    const waited = performance.now() - this.#start
    if (this.#failures < maxKnocks && waited + pause <= maxKnocking && !unreachable.has(origin)) {
      return false
    }
    unreachable.add(origin)
    return true
  }
}
