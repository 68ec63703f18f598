import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

// A file is written under another name first, its draft, so that nobody sees half of it. Whoever is
// killed leaves one. Its name is random, since the numbers of processes repeat in containers.

/** A draft that was not written to for so long belongs to nobody, in milliseconds. */
const stale = 24 * 3600 * 1000

const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const draft = new RegExp(`\\.${uuid}\\.vitrine-draft$`)

/** A name beside `path` that nothing else has. */
export const draftOf = (path: string): string => `${path}.${randomUUID()}.vitrine-draft`

/**
 * Removes drafts in a folder that somebody left a day ago or earlier; never anything else.
 * @param of only those of this path
 */
export async function sweepDrafts(folder: string, of?: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    if (!draft.test(name) || (of !== undefined && name.replace(draft, '') !== basename(of)))
      continue
    await removeIfStale(join(folder, name))
  }
}

/** The same for the drafts of one file. */
export const sweepDraftsOf = (path: string): Promise<void> => sweepDrafts(dirname(path), path)

/** Removes a file that was not written to for a day. It may be gone meanwhile, or not be ours to remove. */
export async function removeIfStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile() || Date.now() - found.mtimeMs < stale) return
  await rm(path, { force: true }).catch(() => {})
}
