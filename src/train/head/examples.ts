import { ArgumentError } from '../../errors.ts'
import { show } from '../../show.ts'
import type { Split } from '../data/dataset.ts'
import { DatasetError, some } from '../data/errors.ts'
import { holdOut } from '../data/hold-out.ts'
import type { Labelled } from './fit.ts'

/** A picture of known class, as far as it is kept. */
export interface Example {
  /** What the caller calls it, or a number. */
  readonly id: string
  /** The name of its class. */
  readonly label: string
}

/** With the feature, which is all that is kept of the picture. */
export interface Kept extends Example {
  /** Of `nextPlace`. */
  readonly place: number
  readonly feature: Float32Array
}

/** A picture whose class is a number, by its place among the labels. */
export interface Numbered extends Labelled {
  readonly id: string
}

/** What is trained on, and what is held out. */
export interface Divided {
  readonly labels: readonly string[]
  readonly train: readonly Numbered[]
  readonly validation: readonly Numbered[]
}

/** Features of pictures, with their classes. */
export class Examples {
  readonly #kept = new Map<string, Kept>()
  /** The place of each class's first picture, by which classes are ordered. */
  readonly #labels: Map<string, number>
  #ids = 0
  #places = 0

  constructor(labels: readonly string[]) {
    this.#labels = new Map(labels.map((label) => [label, this.nextPlace()]))
  }

  /** The classes, in the order in which they came. */
  get labels(): readonly string[] {
    return [...this.#labels].sort(([, one], [, other]) => one - other).map(([label]) => label)
  }

  /** In the order of their places. */
  get all(): readonly Kept[] {
    return [...this.#kept.values()].sort((one, other) => one.place - other.place)
  }

  /** A place behind all others. */
  nextPlace(): number {
    return this.#places++
  }

  /** A name for a picture that has none. */
  nextId(): string {
    let id = String(this.#ids++)
    while (this.#kept.has(id)) id = String(this.#ids++)
    return id
  }

  /** Takes the place of the one with the same id, if there is one. */
  put(example: Kept): void {
    const { id, label, place } = example
    this.#labels.set(label, Math.min(place, this.#labels.get(label) ?? place))
    this.#kept.set(id, example)
  }

  /** @throws ArgumentError where there is no such picture */
  relabel(id: string, label: string): void {
    const found = this.#kept.get(id)
    if (!found) throw new ArgumentError(`There is no picture ${show(id)}.`)
    if (!this.#labels.has(label)) this.#labels.set(label, this.nextPlace())
    this.#kept.set(id, { ...found, label })
  }

  /** @returns whether it was there */
  remove(id: string): boolean {
    return this.#kept.delete(id)
  }

  /** Removes a class and its pictures. @returns whether it was there */
  removeLabel(label: string): boolean {
    if (!this.#labels.delete(label)) return false
    for (const { id, label: own } of this.all) if (own === label) this.#kept.delete(id)
    return true
  }

  /**
   * Divides what there is now, the same share of each class, by the pictures' ids.
   * @throws DatasetError for fewer than two classes, and for classes without pictures
   */
  divided(share: number): Divided {
    const labels = this.labels
    const numbers = new Map(labels.map((label, i) => [label, i]))
    const all = this.all.map(({ id, label, feature }) => {
      return { id, feature, label: numbers.get(label)! }
    })
    const used = new Set(all.map(({ label }) => label))
    const empty = labels.filter((_, i) => !used.has(i))
    if (labels.length < 2) {
      throw new DatasetError(
        `There ${labels.length === 1 ? 'is one class' : 'are no classes'} to tell apart; add pictures of at least two.`,
      )
    }
    if (empty.length > 0) {
      throw new DatasetError(
        `There are no pictures of ${some(empty.map(show))}: add some, or remove the class.`,
      )
    }
    const split: Split = {
      size: all.length,
      name: (index) => all[index]!.id,
      label: (index) => all[index]!.label,
      read: () => Promise.reject(new ArgumentError('Pictures of a head are not kept.')),
    }
    const divided = holdOut(split, share, 'stratified')
    const byId = new Map(all.map((one) => [one.id, one]))
    const listed = ({ size, name }: Split): Numbered[] =>
      Array.from({ length: size }, (_, i) => byId.get(name(i))!)
    return { labels, train: listed(divided.train), validation: listed(divided.validation) }
  }
}
