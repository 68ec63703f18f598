import { concurrentMap } from '../../concurrent-map.ts'

/**
 * As `concurrentMap`, but when it has ended, by an error or because its consumer stops, all its work has ended too: its
 * files are closed, and its workers have nothing to do.
 */
export async function* settledMap<Item, Result>(
  items: Iterable<Item>,
  most: number,
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const underWay = new Set<Promise<void>>()
  const watched = (item: Item, signal: AbortSignal) => {
    const working = work(item, signal)
    const end = working.then(
      () => void underWay.delete(end),
      () => void underWay.delete(end),
    )
    underWay.add(end)
    return working
  }
  try {
    yield* concurrentMap(items, most, signal, watched)
  } finally {
    await Promise.all(underWay)
  }
}
