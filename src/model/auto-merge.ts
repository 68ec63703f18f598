import { UnsupportedError } from '../errors.ts'

/** What decides how much accuracy merging costs. */
export interface MergedShape {
  readonly depth: number
  readonly width: number
  /** Of an image, with class token and the like. */
  readonly tokens: number
}

/**
 * Tokens to merge in each block: the most that cost less than one point of top-1 accuracy in f32.
 * docs/token-merging.md has the measurements.
 */
const measured: readonly (MergedShape & { readonly merge: number })[] = [
  { depth: 12, width: 192, tokens: 197, merge: 8 },
]

/** @throws UnsupportedError for a shape of which nothing was measured */
export function autoMerge(shape: MergedShape): number {
  const found = measured.find(
    ({ depth, width, tokens }) =>
      depth === shape.depth && width === shape.width && tokens === shape.tokens,
  )
  if (found) return found.merge
  const known = measured.map(
    ({ depth, width, tokens }) => `${depth} blocks of width ${width} with ${tokens} tokens`,
  )
  throw new UnsupportedError(
    `merge: 'auto' knows the accuracy of ${known.join(', ')} only, and this model has ${shape.depth} blocks of width ${shape.width} with ${shape.tokens} tokens; give a number and measure.`,
  )
}
