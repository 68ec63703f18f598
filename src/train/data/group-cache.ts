interface Entry<T> {
  readonly value: Promise<T>
  bytes: number
}

/** Keeps what was read last of several files' groups, up to a number of bytes; at least one. */
export class GroupCache<T> {
  readonly #most: number
  readonly #files = new Map<object, number>()
  /** In the order of use. */
  readonly #entries = new Map<string, Entry<T>>()
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /**
   * A group, which is read unless it is kept. Those who ask for the same group at once share one reading.
   * @param read gives the group and how many bytes it takes
   */
  get(
    file: object,
    group: number,
    read: () => Promise<{ readonly value: T; readonly bytes: number }>,
  ): Promise<T> {
    if (!this.#files.has(file)) this.#files.set(file, this.#files.size)
    const key = `${this.#files.get(file)} ${group}`
    const kept = this.#entries.get(key)
    if (kept) {
      this.#entries.delete(key)
      this.#entries.set(key, kept)
      return kept.value
    }
    const reading = read()
    const entry: Entry<T> = { value: reading.then(({ value }) => value), bytes: 0 }
    this.#entries.set(key, entry)
    reading.then(
      ({ bytes }) => {
        // It may have been evicted meanwhile.
        if (this.#entries.get(key) !== entry) return
        entry.bytes = bytes
        this.#bytes += bytes
        this.#evict()
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
      },
    )
    return entry.value
  }

  #evict(): void {
    for (const [key, { bytes }] of this.#entries) {
      if (this.#bytes <= this.#most || this.#entries.size === 1) return
      this.#entries.delete(key)
      this.#bytes -= bytes
    }
  }
}
