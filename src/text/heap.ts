/** A queue from which the first by some order comes out. */
export class Heap<Item> {
  readonly #items: Item[] = []
  readonly #order: (a: Item, b: Item) => number

  /** @param order negative where `a` comes before `b` */
  constructor(order: (a: Item, b: Item) => number) {
    this.#order = order
  }

  push(item: Item): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#order(item, items[parent]!) >= 0) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  pop(): Item | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      const right = items[child + 1]
      if (right !== undefined && this.#order(right, items[child]!) < 0) child++
      if (this.#order(last, items[child]!) <= 0) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
    return first
  }
}
