import type { Outputs } from '../backends/backend.ts'
import { withTokenMerging } from '../program/passes/token-merging.ts'
import type { Program } from '../program/program.ts'
import type { TokenMerging } from './token-merging.ts'
import { poolValue, type TokenValues } from './token-values.ts'
import type { Tokens } from './tokens.ts'

/** Gives every token of an image back what it became part of. */
export class MergedTokens {
  readonly program: Program
  /** The values that say to which row each token went, of the blocks that merge some. */
  readonly moves: readonly string[]
  readonly #movesOfBlocks: readonly (string | undefined)[]
  readonly #values: TokenValues
  readonly #tokens: Tokens

  /** @throws UnsupportedError for a program whose tokens can't be merged */
  constructor(values: TokenValues, tokens: Tokens, { plan, kept }: TokenMerging) {
    const { program, rows } = withTokenMerging(values.program, plan, kept)
    this.program = program
    this.moves = rows.filter((name) => name !== undefined)
    this.#movesOfBlocks = rows
    this.#values = values
    this.#tokens = tokens
  }

  /**
   * @param outputs of the program, `moves` among them
   * @returns the other ones, as if no token were merged
   */
  spread(outputs: Outputs): Outputs {
    const others = Object.entries(outputs).filter(([name]) => !this.moves.includes(name))
    return Object.fromEntries(
      others.map(([name, values]) => [name, this.#spreadOne(name, values, outputs)]),
    )
  }

  #spreadOne(name: string, values: Float32Array, outputs: Outputs): Float32Array {
    const { blocks, prefixTokens, encoder } = this.#tokens
    const attended = blocks.findIndex((_, i) => name === `blocks.${i}.attention.weights`)
    if (attended >= 0) {
      return spreadAttention(values, encoder!.heads, this.#rowsBefore(attended, outputs))
    }
    if (name === poolValue('tokens')) {
      const rows = this.#rowsBefore(blocks.length, outputs).subarray(prefixTokens)
      return spreadRows(
        values,
        encoder!.width,
        rows.map((row) => row - prefixTokens),
      )
    }
    const layer = Math.max(blocks.indexOf(name), this.#values.normed?.indexOf(name) ?? -1)
    // Everything else is one vector.
    if (layer < 0) return values
    return spreadRows(values, encoder!.width, this.#rowsBefore(layer + 1, outputs))
  }

  /** The row of each token of an image when it comes to a block. */
  #rowsBefore(block: number, outputs: Outputs): Uint32Array {
    const { prefixTokens, grid } = this.#tokens
    const moves = this.#movesOfBlocks.slice(0, block).filter((name) => name !== undefined)
    return Uint32Array.from({ length: prefixTokens + grid[0] * grid[1] }, (_, token) =>
      moves.reduce((row, name) => outputs[name]![row]!, token),
    )
  }
}

/**
 * @param values `[rows left, width]`
 * @param rows of each token
 * @returns `[rows.length, width]`
 */
export function spreadRows(values: Float32Array, width: number, rows: Uint32Array): Float32Array {
  const spread = new Float32Array(rows.length * width)
  rows.forEach((row, token) => {
    spread.set(values.subarray(row * width, (row + 1) * width), token * width)
  })
  return spread
}

/**
 * What a row of several tokens is looked at is shared equally among them, so a query's weights still sum to 1.
 * @param weights `[heads, rows left, rows left]`
 * @param rows of each token
 * @returns `[heads, rows.length, rows.length]`
 */
export function spreadAttention(
  weights: Float32Array,
  heads: number,
  rows: Uint32Array,
): Float32Array {
  const left = Math.sqrt(weights.length / heads)
  const sizes = new Uint32Array(left)
  for (const row of rows) sizes[row]!++
  const spread = new Float32Array(heads * rows.length ** 2)
  let at = 0
  for (let head = 0; head < heads; head++) {
    for (const query of rows) {
      const from = (head * left + query) * left
      for (const key of rows) spread[at++] = weights[from + key]! / sizes[key]!
    }
  }
  return spread
}
