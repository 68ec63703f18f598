import { platform } from '#platform'

/** Milliseconds of work after which others get a turn. */
const TURN = 10

/** Cuts long work into turns: what it does goes on, and so do timers, input and other requests. */
export class Turns {
  readonly #signal: AbortSignal | undefined
  #begun = performance.now()

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /**
   * Lets others have a turn where the last one was a while ago.
   * @throws the signal's reason once it is aborted
   */
  async take(): Promise<void> {
    if (performance.now() - this.#begun < TURN) return
    await platform.yield()
    this.#signal?.throwIfAborted()
    this.#begun = performance.now()
  }
}
