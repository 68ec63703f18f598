import { platform } from '#platform'
import { isCommit } from './reference.ts'

/**
 * The cache of Hugging Face's libraries. It is read, never written:
 * `models--org--name/refs/main` holds a commit, `models--org--name/snapshots/COMMIT/` its files.
 */
function folder(): string | undefined {
  const variable = (name: string) => platform.environment(name) || undefined
  const home = variable('HOME') ?? variable('USERPROFILE')
  const cache = variable('XDG_CACHE_HOME') ?? (home && `${home}/.cache`)
  const own = variable('HF_HOME') ?? (cache && `${cache}/huggingface`)
  return variable('HF_HUB_CACHE') ?? variable('HUGGINGFACE_HUB_CACHE') ?? (own && `${own}/hub`)
}

const repositoryFolder = (repository: string) => {
  const root = folder()
  return root && `${root}/models--${repository.replaceAll('/', '--')}`
}

/** The path of a file, if present. Snapshots contain complete files only. */
export async function findInHubCache(
  repository: string,
  commit: string,
  file: string,
): Promise<string | undefined> {
  const root = repositoryFolder(repository)
  if (root === undefined) return undefined
  const path = `${root}/snapshots/${commit}/${file}`
  return (await platform.hasFile(path)) ? path : undefined
}

/** The commit of a branch or tag as of its last lookup. */
export async function readHubRef(
  repository: string,
  revision: string,
): Promise<string | undefined> {
  const root = repositoryFolder(repository)
  if (root === undefined) return undefined
  const path = `${root}/refs/${revision}`
  const text = await readShort(path).catch(() => undefined)
  const commit = text?.trim() ?? ''
  return isCommit(commit) ? commit : undefined
}

/** Reads a small file; undefined if it is too long for a ref. */
async function readShort(path: string): Promise<string | undefined> {
  const file = await platform.openFile(path)
  try {
    if (file.size > 1000) return undefined
    return new TextDecoder().decode(await file.read(0, file.size))
  } finally {
    await file.close()
  }
}

export async function readWhole(path: string): Promise<Uint8Array> {
  const file = await platform.openFile(path)
  try {
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}
