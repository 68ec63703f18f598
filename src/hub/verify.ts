import { createSha256 } from '../bytes/sha256.ts'
import { checkField } from '../check-fields.ts'
import { chunkBytes } from '../checkpoint/read/buffers.ts'
import type { Cache } from './cache/cache.ts'
import { checkKey } from './cache/records.ts'
import { cacheField, checkSignal } from './options.ts'

/**
 * Verifies the SHA-256 of an entry against its record, and removes the entry if it differs.
 * @throws ArgumentError for an invalid cache, key or signal; the signal's reason
 * @returns whether the entry exists and is intact
 */
export async function verifyEntry(
  cache: Cache,
  key: string,
  signal?: AbortSignal,
): Promise<boolean> {
  checkField('cache', cacheField, cache)
  checkKey(key)
  checkSignal(signal)
  const entry = await cache.find(key)
  if (!entry) return false
  const hash = await createSha256()
  const source = await entry.open()
  try {
    const buffer = new Uint8Array(chunkBytes)
    for (let at = 0; at < source.size!; at += chunkBytes) {
      signal?.throwIfAborted()
      const length = Math.min(chunkBytes, source.size! - at)
      hash.update(await source.read(at, length, signal, buffer))
    }
  } finally {
    await source.close()
  }
  if (hash.digest() === entry.info.sha256) return true
  await cache.remove(key)
  return false
}
