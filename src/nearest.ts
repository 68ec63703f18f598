/**
 * Of the names that are known, those that a misspelt one may stand for, the nearest first. Case and
 * punctuation count for little: `image_size` is as good as `imageSize`, `B16` as `B_16`.
 * @param most how many are wanted at most
 * @returns none where nothing is within a third of the name's letters
 */
export function nearestNames(name: string, known: Iterable<string>, most = 3): string[] {
  const wanted = letters(name)
  // A text that is no name at all would only cost time.
  if (wanted === '' || wanted.length > 200) return []
  const bound = Math.max(1, Math.floor(wanted.length / 3))
  const near: { candidate: string; distance: number; raw: number }[] = []
  for (const candidate of new Set(known)) {
    const distance = editDistance(wanted, letters(candidate), bound)
    // One letter has nothing in common with another.
    if (distance > bound || distance >= wanted.length) continue
    near.push({ candidate, distance, raw: editDistance(name, candidate, 200) })
  }
  near.sort((a, b) => a.distance - b.distance || a.raw - b.raw)
  // Beside a name with the same letters, the others are no help.
  const exact = near.filter(({ distance }) => distance === 0)
  return (exact.length > 0 ? exact : near).slice(0, most).map(({ candidate }) => candidate)
}

const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/**
 * How many letters have to be changed, put in, left out or exchanged with their neighbour (optimal
 * string alignment).
 * @returns anything above the bound for what is further away than that
 */
export function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return bound + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + Number(a[i - 1] !== b[j - 1])
      let cost = Math.min(change, row[j]! + 1, next[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1)
      }
      next.push(cost)
      least = Math.min(least, cost)
    }
    if (least > bound) return bound + 1
    before = row
    row = next
  }
  return row[b.length]!
}
