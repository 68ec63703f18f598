import type { Cache } from './cache.ts'

/**
 * Removes what was not used for longest until a new file fits. What is being written or is larger than
 * the whole cache stays as it is.
 * @param key of the new file
 * @param cap the most bytes that the cache keeps
 */
export async function makeRoom(
  cache: Cache,
  key: string,
  bytes: number,
  cap: number,
): Promise<void> {
  const { whole, partial, damaged = [] } = await cache.list()
  const others = [...damaged, ...whole, ...partial].filter((entry) => entry.key !== key)
  let sum = bytes + others.reduce((total, { size }) => total + size, 0)
  for (const oldest of others.sort((a, b) => a.used - b.used)) {
    if (sum <= cap) return
    // One that can't be removed takes its room, and another may go.
    if (await cache.remove(oldest.key).catch(() => false)) sum -= oldest.size
  }
}
