import { UnsupportedError } from '../errors.ts'
import { poolValue } from './token-values.ts'
import type { Tokens } from './tokens.ts'

/** What becomes one vector of an image's tokens, or stays the tokens of its patches. */
export type Pool = 'class' | 'mean' | 'map' | 'tokens'

/** The tokens of an image's patches. */
export interface PatchTokens {
  /**
   * `[tokens, width]` as in `shape`: a token for each patch, row by row from the top left. Class token, distillation
   * token and registers are not among them.
   */
  patches: Float32Array
  /** The sizes of `patches`. */
  shape: readonly [tokens: number, width: number]
  /** Rows and columns of patches. */
  grid: readonly [rows: number, columns: number]
}

/**
 * The value that a pool is.
 * @throws UnsupportedError naming the pools that the model has instead
 */
export function valueOfPool(pool: Pool, tokens: Tokens): string {
  if (pool === 'map') return tokens.map ?? refuse(pool, tokens)
  if (pool === 'class' && !tokens.classToken) return refuse(pool, tokens)
  return poolValue(pool)
}

const missing = { class: 'class token', map: 'attention pooling (MAP)' } as const

function refuse(pool: 'class' | 'map', { classToken, map }: Tokens): never {
  const pools = [...(classToken ? ['class'] : []), 'mean', ...(map ? ['map'] : []), 'tokens']
  throw new UnsupportedError(
    `This model has no ${missing[pool]}, so not the pool '${pool}'; it has ${pools.join(', ')}.`,
  )
}
