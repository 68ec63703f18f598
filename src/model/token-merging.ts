import { UnsupportedError } from '../errors.ts'
import { type MergePlan, planMerging, withTokenMerging } from '../program/passes/token-merging.ts'
import type { Program } from '../program/program.ts'
import { autoMerge } from './auto-merge.ts'
import type { Tokens } from './tokens.ts'

/** `merge` of `load`: tokens that each block merges, for all blocks or each, or what is measured to be good. */
export type Merge = number | readonly number[] | 'auto'

/** A program whose blocks merge tokens. */
export interface TokenMerging {
  /** Merges none. */
  readonly program: Program
  readonly plan: MergePlan
  readonly kept: number
}

/**
 * @throws UnsupportedError for models whose tokens can't be merged, and for 'auto' where nothing was measured;
 *   ArgumentError for another number of blocks
 */
export function mergeTokens(
  program: Program,
  tokens: Tokens,
  merge: Merge,
): { readonly merged: Program; readonly merging: TokenMerging } {
  const kept = tokens.prefixTokens
  const { encoder, blocks } = tokens
  if (!encoder)
    throw new UnsupportedError('This model has no attention, by which tokens are merged.')
  const all = kept + tokens.grid[0] * tokens.grid[1]
  const amount =
    merge === 'auto'
      ? autoMerge({ depth: blocks.length, width: encoder.width, tokens: all })
      : merge
  const plan = planMerging(program, amount, kept)
  const merged = withTokenMerging(program, plan, kept).program
  return { merged, merging: { program, plan, kept } }
}
