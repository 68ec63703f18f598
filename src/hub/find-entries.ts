import { VitrineError } from '../errors.ts'
import type { PartialInfo } from './cache/cache.ts'
import { parseHubReference } from './huggingface/reference.ts'
import { cacheKey } from './obtain.ts'
import { resolveName } from './resolve.ts'
import { resolveSettings } from './settings.ts'

/**
 * Finds cache entries by the name or key that `list` shows, or by the name or URL that they are loaded by.
 * `hf:org/name` means all files of the repository. Makes no requests.
 */
export async function findEntries<Entry extends Pick<PartialInfo, 'key' | 'name'>>(
  text: string,
  entries: readonly Entry[],
): Promise<Entry[]> {
  const named = entries.filter(({ name, key }) => name === text || key === text)
  if (named.length > 0) return named
  try {
    if (/^hf:/i.test(text)) return ofRepository(text, entries)
    const { where } = await resolveName(text, resolveSettings({ offline: true }))
    if ('path' in where) return []
    const key = await cacheKey(where.remote)
    return entries.filter((entry) => entry.key === key)
  } catch (error) {
    if (error instanceof VitrineError) return []
    throw error
  }
}

/** Matches the names that repository.ts gives to files. */
function ofRepository<Entry extends Pick<PartialInfo, 'name'>>(
  text: string,
  entries: readonly Entry[],
): Entry[] {
  const { repository, revision, file } = parseHubReference(text)
  const at = `hf:${repository}@${revision}`
  const prefix = revision === 'main' ? `hf:${repository}:` : `${at}:`
  return entries.filter(({ name }) =>
    file === undefined ? name === at || name.startsWith(prefix) : name === prefix + file,
  )
}
