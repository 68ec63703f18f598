import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

// A file is first written under a temporary name, its draft, and then renamed, so that no reader sees a
// partial file. A killed process leaves its draft behind. Names are random, since process ids repeat in
// containers.

/** A draft not written to for this long, in milliseconds, is abandoned. */
const stale = 24 * 3600 * 1000

const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const draft = new RegExp(`\\.${uuid}\\.vitrine-draft$`)

/** A unique draft name for `path`, in the same folder. */
export const draftOf = (path: string): string => `${path}.${crypto.randomUUID()}.vitrine-draft`

/** The name of the file that a draft is of, by the draft's name; undefined for other files. */
export const draftedName = (name: string): string | undefined =>
  draft.test(name) ? name.replace(draft, '') : undefined

/**
 * Removes abandoned drafts in a folder, and nothing else.
 * @param of only drafts of this path
 */
export async function sweepDrafts(folder: string, of?: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const drafted = draftedName(name)
    if (drafted === undefined || (of !== undefined && drafted !== basename(of))) continue
    await removeIfStale(join(folder, name))
  }
}

/** Removes abandoned drafts of one file. */
export const sweepDraftsOf = (path: string): Promise<void> => sweepDrafts(dirname(path), path)

/** Removes a file that was not written to for a day. Errors are ignored. */
export async function removeIfStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile() || Date.now() - found.mtimeMs < stale) return
  await rm(path, { force: true }).catch(() => {})
}
