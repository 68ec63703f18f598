import type { Extension, Storage } from './kernel.ts'

/** The part of a product that a workgroup computes, and how much of the inner dimension it holds at once. */
export interface TileSize {
  readonly rows: number
  /** A multiple of 4, as is `inner`. */
  readonly columns: number
  readonly inner: number
}

/** The operands of a product's main loop. */
export interface Operands {
  /** The element type of `load_a(row, k)`. */
  readonly a: Storage
  /** The element type of `load_b(k, column)`, and of `load_b2`, used if `second`. */
  readonly b: Storage
  readonly pair: boolean
}

/**
 * The main loop. It sums the products of `load_a` and `load_b`, from row `row0` and column vector `column0`
 * on, and calls `finish(row, column, sum)` for each sum.
 */
export interface MainLoop {
  readonly workgroup: readonly [x: number, y?: number, z?: number]
  readonly enable?: readonly Extension[]
  readonly before: string
  readonly body: string
}

export const range = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Concatenates `text` for every pair. */
export const each = (
  rows: readonly number[],
  columns: readonly number[],
  text: (i: number, j: number) => string,
): string => rows.flatMap((i) => columns.map((j) => text(i, j))).join('\n')

/** How a workgroup copies a tile to workgroup memory: through registers of its threads. */
export interface Staged {
  readonly registers: string
  /** Reads the tile from `k0` on. It comes while the tile before is computed with. */
  readonly fetch: (k0: string) => string
  readonly put: string
}

export interface Stage {
  readonly name: string
  /** What a thread reads at once, and how many of these make the tile. */
  readonly type: string
  readonly count: number
  readonly threads: number
  readonly load: (i: string, k0: string) => string
  /** Statements that write `value` to its place in workgroup memory. */
  readonly store: (i: string, value: string) => string
}

/** Every thread reads all of its parts before it needs one, so that it waits for memory once, not once for each. */
export function staged({ name, type, count, threads, load, store }: Stage): Staged {
  const parts = range(Math.ceil(count / threads)).map((part) => {
    const i = part === 0 ? 'thread' : `(thread + ${part * threads}u)`
    return { i, next: `next_${name}_${part}`, isFull: (part + 1) * threads <= count }
  })
  return {
    registers: parts.map(({ next }) => `  var ${next}: ${type};`).join('\n'),
    fetch: (k0) => parts.map(({ i, next }) => `    ${next} = ${load(i, k0)};`).join('\n'),
    put: parts
      .map(({ i, next, isFull }) =>
        isFull ? `    ${store(i, next)}` : `    if (${i} < ${count}u) { ${store(i, next)} }`,
      )
      .join('\n'),
  }
}

/** Of a pair, reads `b2` if `second`. */
export function eitherB(pair: boolean, stage: (load: string) => Staged): Staged {
  const first = stage('load_b')
  if (!pair) return first
  const { fetch } = stage('load_b2')
  return {
    ...first,
    fetch: (k0) => `    if (second) {\n${fetch(k0)}\n    } else {\n${first.fetch(k0)}\n    }`,
  }
}
