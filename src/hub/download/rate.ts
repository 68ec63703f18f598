/** The download rate over the last few seconds. */
export class Rate {
  readonly #window = 5000
  #samples: { at: number; bytes: number }[] = []

  /**
   * @param bytes received in total
   * @param now in milliseconds
   * @returns bytes per second; 0 until it can be measured
   */
  measure(bytes: number, now: number): number {
    const last = this.#samples.at(-1)
    // A restart has fewer bytes than before.
    if (last && bytes < last.bytes) this.#samples = []
    this.#samples.push({ at: now, bytes })
    while (this.#samples.length > 2 && now - this.#samples[0]!.at > this.#window) {
      this.#samples.shift()
    }
    const first = this.#samples[0]!
    return now > first.at ? ((bytes - first.bytes) * 1000) / (now - first.at) : 0
  }
}
