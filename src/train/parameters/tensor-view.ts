/** Tensors by name that are read, or copied, when they are asked for: each time anew. */
export class TensorView<T> implements ReadonlyMap<string, T> {
  readonly #names: ReadonlySet<string>
  readonly #read: (name: string) => T

  constructor(names: Iterable<string>, read: (name: string) => T) {
    this.#names = new Set(names)
    this.#read = read
  }

  get size(): number {
    return this.#names.size
  }

  get(name: string): T | undefined {
    return this.#names.has(name) ? this.#read(name) : undefined
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  keys() {
    return this.#names.keys()
  }

  *values(): Generator<T, undefined> {
    for (const name of this.#names) yield this.#read(name)
    return undefined
  }

  *entries(): Generator<[string, T], undefined> {
    for (const name of this.#names) yield [name, this.#read(name)]
    return undefined
  }

  [Symbol.iterator](): Generator<[string, T], undefined> {
    return this.entries()
  }

  forEach(visit: (value: T, name: string, map: ReadonlyMap<string, T>) => void): void {
    for (const [name, value] of this) visit(value, name, this)
  }
}
