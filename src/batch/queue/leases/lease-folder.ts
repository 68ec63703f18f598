import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceError } from '../../../errors.ts'
import { isFree, type LeaseState, newState, readState, writeState } from './lease-file.ts'

type ErrorWithCode = NodeJS.ErrnoException

/** A lease that this process holds. */
export interface HeldLease {
  readonly failures: number
  readonly reason: string | undefined
  /** Aborted when the lease is no longer this process's. */
  readonly lost: AbortSignal
  /** Removes the lease: nobody shall have it again. */
  remove(): Promise<void>
  /** Lets others have it at once. */
  end(how: 'given back' | 'failed', reason?: string): Promise<void>
}

/** What was seen of a lease, and when its owner last gave a sign of life. */
interface Seen {
  readonly attempt: number
  readonly beat: number | undefined
  readonly since: number
}

/**
 * Leases as files on a disk that processes share. The file `NAME.3` is the third attempt at NAME. Only one process can
 * create it, and it does so once the second has ended or is silent, so no file is ever taken away from anybody.
 *
 * Clocks are not compared: a lease is silent if this process saw no new heartbeat for `patience`, by its own monotonic
 * clock. Files are opened to be read, since network file systems may answer from a cache else.
 */
export class LeaseFolder {
  readonly #folder: string
  readonly #patience: number
  readonly #seen = new Map<string, Seen>()

  /** @param patience how long this process may be silent, in milliseconds */
  constructor(folder: string, patience: number) {
    this.#folder = folder
    this.#patience = patience
  }

  /** The number of the last attempt at each name that has a lease. */
  async list(): Promise<Map<string, number>> {
    await mkdir(this.#folder, { recursive: true })
    const last = new Map<string, number>()
    for (const file of await readdir(this.#folder)) {
      const [, name, attempt] = /^(.+)\.(\d+)$/.exec(file) ?? []
      if (name !== undefined) last.set(name, Math.max(last.get(name) ?? 0, Number(attempt)))
    }
    return last
  }

  /**
   * @param last the number of the last attempt, 0 for none
   * @returns undefined if another process holds the lease, or was faster
   * @throws SourceError if the file system refuses
   */
  async acquire(name: string, last: number): Promise<HeldLease | undefined> {
    let failures = 0
    let reason: string | undefined
    if (last > 0) {
      const before = await readState(this.#path(name, last))
      if (!before || !this.#isFree(name, last, before)) return undefined
      const isFailure = before.ended !== 'given back'
      // A file that was never finished says nothing of those before it.
      failures = (before.failures ?? last - 1) + (isFailure ? 1 : 0)
      reason = isFailure ? (before.reason ?? 'its worker died') : undefined
    }
    const state = newState(this.#patience, failures, reason)
    try {
      await writeState(this.#path(name, last + 1), state, 'wx')
    } catch (error) {
      const { code, message } = error as ErrorWithCode
      if (code === 'EEXIST') return undefined
      throw new SourceError(`Can't write a lease: ${message}.`, { cause: error })
    }
    return this.#hold(name, last + 1, state)
  }

  #path(name: string, attempt: number): string {
    return join(this.#folder, `${name}.${attempt}`)
  }

  #isFree(name: string, attempt: number, state: Partial<LeaseState>): boolean {
    if (isFree(state)) return true
    const now = performance.now()
    const { beat, patience = this.#patience } = state
    const seen = this.#seen.get(name)
    if (seen?.attempt === attempt && seen.beat === beat) return now - seen.since > patience
    this.#seen.set(name, { attempt, beat, since: now })
    return false
  }

  #hold(name: string, attempt: number, held: LeaseState): HeldLease {
    const path = this.#path(name, attempt)
    const controller = new AbortController()
    let state = held
    let beating: Promise<void> | undefined
    const lose = () => {
      clearInterval(timer)
      controller.abort()
    }
    const beat = async () => {
      state = { ...state, beat: state.beat + 1 }
      try {
        await writeState(path, state, 'r+')
      } catch (error) {
        // Another error, such as a server that does not answer, may pass.
        if ((error as ErrorWithCode).code === 'ENOENT') lose()
      }
      const next = await stat(this.#path(name, attempt + 1)).catch(() => undefined)
      if (next) lose()
    }
    const timer = setInterval(() => {
      beating ??= beat().finally(() => {
        beating = undefined
      })
    }, this.#patience / 4)
    const stop = async () => {
      clearInterval(timer)
      await beating
    }
    return {
      failures: held.failures,
      reason: held.reason,
      lost: controller.signal,
      remove: async () => {
        await stop()
        // The last one at the end, since it keeps others from beginning anew.
        for (let one = 1; one <= attempt; one++) {
          await rm(this.#path(name, one), { force: true })
        }
      },
      end: async (ended, reason = state.reason) => {
        await stop()
        await writeState(path, { ...state, reason, ended }, 'r+').catch((cause: ErrorWithCode) => {
          if (cause.code !== 'ENOENT') throw cause
        })
      },
    }
  }
}
