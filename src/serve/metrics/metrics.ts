/** Labels of a sample, by their names. All values are this server's own. */
export type Labels = Readonly<Record<string, string>>

export interface Metric {
  readonly name: string
  /** The metric in the text format of Prometheus. */
  expose(): string
}

const header = (name: string, help: string, type: string) =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

function labelled(name: string, labels: Labels): string {
  const all = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`)
  return all.length === 0 ? name : `${name}{${all.join()}}`
}

/** A count of what happened. */
export class Counter implements Metric {
  readonly name: string
  readonly #help: string
  readonly #samples = new Map<string, number>()

  constructor(name: string, help: string) {
    this.name = name
    this.#help = help
  }

  add(labels: Labels, count = 1): void {
    const key = labelled(this.name, labels)
    this.#samples.set(key, (this.#samples.get(key) ?? 0) + count)
  }

  expose(): string {
    const lines = [...this.#samples].map(([key, value]) => `${key} ${value}\n`)
    return header(this.name, this.#help, 'counter') + lines.join('')
  }
}

/** A value as it is when it is asked for. */
export class Gauge implements Metric {
  readonly name: string
  readonly #help: string
  readonly #read: () => Iterable<readonly [Labels, number]>

  constructor(name: string, help: string, read: () => Iterable<readonly [Labels, number]>) {
    this.name = name
    this.#help = help
    this.#read = read
  }

  expose(): string {
    const lines = [...this.#read()].map(
      ([labels, value]) => `${labelled(this.name, labels)} ${value}\n`,
    )
    return header(this.name, this.#help, 'gauge') + lines.join('')
  }
}

interface Series {
  readonly labels: Labels
  /** How many values are in each bucket, and in none. */
  readonly counts: number[]
  sum: number
}

/** How values are distributed over buckets. */
export class Histogram implements Metric {
  readonly name: string
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, Series>()

  /** @param bounds the largest value of each bucket, ascending */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name
    this.#help = help
    this.#bounds = bounds
  }

  observe(labels: Labels, value: number): void {
    const key = labelled('', labels)
    let series = this.#series.get(key)
    if (!series) {
      series = { labels, counts: new Array(this.#bounds.length + 1).fill(0), sum: 0 }
      this.#series.set(key, series)
    }
    const bucket = this.#bounds.findIndex((bound) => value <= bound)
    series.counts[bucket < 0 ? this.#bounds.length : bucket]!++
    series.sum += value
  }

  expose(): string {
    let text = header(this.name, this.#help, 'histogram')
    for (const { labels, counts, sum } of this.#series.values()) {
      let count = 0
      for (const [i, bound] of [...this.#bounds, '+Inf'].entries()) {
        count += counts[i]!
        text += `${labelled(`${this.name}_bucket`, { ...labels, le: String(bound) })} ${count}\n`
      }
      text += `${labelled(`${this.name}_sum`, labels)} ${sum}\n`
      text += `${labelled(`${this.name}_count`, labels)} ${count}\n`
    }
    return text
  }
}
