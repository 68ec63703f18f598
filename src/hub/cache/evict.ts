import type { Cache } from './cache.ts'

/**
 * Evicts the least recently used entries until a new file fits. Locked entries stay. A file larger than the
 * whole cache is allowed.
 * @param key the new file's key
 * @param cap the size limit of the cache in bytes
 */
export async function evict(cache: Cache, key: string, bytes: number, cap: number): Promise<void> {
  const { whole, partial, damaged = [] } = await cache.list()
  const others = [...damaged, ...whole, ...partial].filter((entry) => entry.key !== key)
  let sum = bytes + others.reduce((total, { size }) => total + size, 0)
  for (const oldest of others.sort((a, b) => a.used - b.used)) {
    if (sum <= cap) return
    // If one can't be removed, try the next.
    if (await cache.remove(oldest.key).catch(() => false)) sum -= oldest.size
  }
}
