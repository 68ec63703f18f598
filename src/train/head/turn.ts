import { platform } from '#platform'

/** The most that other work has to wait, in milliseconds: a page that trains must answer its user. */
const LONGEST = 8

/** How long this code has been running without giving others a turn. */
export class Turn {
  #begun = performance.now()

  /** Whether it is time to `give` the turn. */
  get isOver(): boolean {
    return performance.now() - this.#begun > LONGEST
  }

  /** Lets events, timers and drawing have their turn. */
  async give(signal?: AbortSignal): Promise<void> {
    await platform.yield()
    signal?.throwIfAborted()
    this.#begun = performance.now()
  }
}
