import { Heap } from './heap.ts'

/** A run of the text, which grows by merges; those that were merged into their left neighbour are empty. */
interface Symbol {
  text: string
  left: number
  right: number
}

/** A merge of two neighbours that is possible, unless one of them has changed by then. */
interface Merge {
  readonly left: number
  readonly right: number
  readonly rank: number
  readonly text: string
}

/**
 * Byte-pair encoding (Sennrich et al. 2016): merges neighbours until none can be merged, the pair of the lowest rank
 * first, the leftmost of equals. The time is n log n.
 * @param parts what the text consists of at first
 * @param rankOf the rank of a pair, undefined where it is not merged; `left` and `right` are the places in `parts` where
 *   the two begin
 */
export function mergePairs(
  parts: readonly string[],
  rankOf: (one: string, other: string, left: number, right: number) => number | undefined,
): string[] {
  const symbols = parts.map((text, i): Symbol => ({ text, left: i - 1, right: i + 1 }))
  const merges = new Heap<Merge>((a, b) => a.rank - b.rank || a.left - b.left)
  const offer = (left: number, right: number) => {
    const [one, other] = [symbols[left], symbols[right]]
    if (!one || !other) return
    const rank = rankOf(one.text, other.text, left, right)
    if (rank !== undefined) merges.push({ left, right, rank, text: one.text + other.text })
  }
  for (let i = 1; i < symbols.length; i++) offer(i - 1, i)
  for (let merge = merges.pop(); merge; merge = merges.pop()) {
    const one = symbols[merge.left]!
    const other = symbols[merge.right]!
    const isStale = one.text === '' || other.text === '' || one.text + other.text !== merge.text
    if (isStale) continue
    one.text = merge.text
    other.text = ''
    one.right = other.right
    const next = symbols[other.right]
    if (next) next.left = merge.left
    offer(one.left, merge.left)
    offer(merge.left, one.right)
  }
  return symbols.map(({ text }) => text).filter((text) => text !== '')
}
