import { onAbort } from '../abort.ts'

/**
 * Waits for some time.
 * @throws the signal's reason
 */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    let unlisten = () => {}
    const timer = setTimeout(() => {
      unlisten()
      resolve()
    }, milliseconds)
    if (!signal) return
    unlisten = onAbort(signal, () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

/**
 * Aborts its signal after a time without progress. Call `alive` on progress.
 * @param signal aborts it too
 */
export class Watchdog {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #timeout: number
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #unlisten: () => void

  constructor(timeout: number, signal: AbortSignal) {
    this.#timeout = timeout
    this.#outer = signal
    if (signal.aborted) this.#stop()
    this.#unlisten = onAbort(signal, this.#stop)
    this.alive()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  alive(): void {
    // Progress may be reported a thousand times a second, so only the deadline is updated, not the timer.
    this.#until = performance.now() + this.#timeout
    this.#timer ??= setTimeout(this.#check, this.#timeout)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#unlisten()
  }

  #until = 0

  readonly #stop = () => this.#controller.abort(this.#outer.reason)

  readonly #check = () => {
    const left = this.#until - performance.now()
    if (left > 0) {
      this.#timer = setTimeout(this.#check, left)
    } else {
      const seconds = Math.round(this.#timeout / 1000)
      this.#controller.abort(new Error(`no data for ${seconds} s`))
    }
  }
}
