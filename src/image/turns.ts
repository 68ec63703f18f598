import { platform } from '#platform'

/** Milliseconds of work before yielding. */
const TURN = 10

/** Splits long work, so that timers, input and other tasks can run in between. */
export class Turns {
  readonly #signal: AbortSignal | undefined
  #begun = performance.now()

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /**
   * Yields to the event loop if the last time was a while ago.
   * @throws the signal's reason once it is aborted
   */
  async take(): Promise<void> {
    if (performance.now() - this.#begun < TURN) return
    await platform.yield()
    this.#signal?.throwIfAborted()
    this.#begun = performance.now()
  }
}
