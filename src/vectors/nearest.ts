/** A row, and how alike it is. */
export interface Neighbour {
  readonly name: string
  /** The cosine, -1 to 1; 0 for a vector of zeros. */
  readonly similarity: number
}

/** The rows with the largest cosines, from the largest down, the first of equals first; the rest is forgotten. */
export class Nearest {
  readonly top: Neighbour[] = []
  readonly #most: number
  readonly #query: Float64Array
  /** How many rows were compared. */
  rows = 0

  /** @param most from 1 */
  constructor(query: Float32Array, most: number) {
    this.#most = most
    const length = Math.hypot(...query)
    this.#query = Float64Array.from(query, (value) => (length === 0 ? 0 : value / length))
  }

  /** @param values `[names.length, width]` */
  add(names: readonly string[], values: Float32Array): void {
    const width = this.#query.length
    for (const [row, name] of names.entries()) {
      this.rows++
      const similarity = this.#cosine(values, row * width)
      const last = this.top[this.#most - 1]
      if (last && similarity <= last.similarity) continue
      const at = this.top.findIndex((other) => other.similarity < similarity)
      this.top.splice(at < 0 ? this.top.length : at, 0, { name, similarity })
      if (this.top.length > this.#most) this.top.pop()
    }
  }

  #cosine(values: Float32Array, from: number): number {
    let product = 0
    let squares = 0
    for (let i = 0; i < this.#query.length; i++) {
      const value = values[from + i]!
      product += value * this.#query[i]!
      squares += value * value
    }
    // Rounding may give a little more than 1.
    return squares === 0 ? 0 : Math.max(-1, Math.min(1, product / Math.sqrt(squares)))
  }
}
