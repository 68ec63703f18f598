const settled = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => {},
    () => {},
  )

/** Lets work that only reads run together, and work that changes something alone, in the order in which it comes. */
export class Turns {
  /** The end of the last work that was alone. */
  #alone: Promise<void> = Promise.resolve()
  /** The ends of the work that has come since. */
  readonly #together = new Set<Promise<void>>()

  together<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#alone.then(work)
    const end = settled(result)
    this.#together.add(end)
    void end.then(() => this.#together.delete(end))
    return result
  }

  /** @param work its promise settles when nothing changes any more */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = Promise.all([this.#alone, ...this.#together]).then(work)
    this.#together.clear()
    this.#alone = settled(result)
    return result
  }
}
