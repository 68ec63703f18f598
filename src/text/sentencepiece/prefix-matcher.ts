/** Finds the longest of some pieces at a place of a text. */
export class PrefixMatcher {
  readonly #pieces: ReadonlySet<string>
  readonly #longest: number

  constructor(pieces: Iterable<string>) {
    this.#pieces = new Set(pieces)
    this.#longest = [...this.#pieces].reduce((most, { length }) => Math.max(most, length), 0)
  }

  /** @returns in units of UTF-16, 0 where none is there */
  match(text: string, from: number): number {
    for (let length = Math.min(this.#longest, text.length - from); length > 0; length--) {
      if (this.#pieces.has(text.slice(from, from + length))) return length
    }
    return 0
  }
}
