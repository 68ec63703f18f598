import { SourceError, UnsupportedError } from '../../errors.ts'
import { obtainBytes } from '../obtain.ts'
import type { Remote } from '../remote.ts'
import { huggingfaceHost, type Settings } from '../settings.ts'
import { findInHubCache, readHubRef } from './hub-cache.ts'
import { type HubReference, isCommit } from './reference.ts'

/** What the server says of a repository at a revision, as far as it matters here. */
interface RepositoryFacts {
  readonly sha: string
  readonly siblings: readonly {
    readonly rfilename: string
    readonly size?: number
    readonly lfs?: { readonly sha256?: string; readonly size?: number }
  }[]
}

/** A repository at a commit. */
export interface Repository {
  readonly reference: HubReference
  readonly commit: string
  /** Undefined where only what is in a cache is known. */
  readonly facts: RepositoryFacts | undefined
}

const maxFactsBytes = 16 << 20

/**
 * Finds out which commit a revision is, and what is in it. Without a connection, what was found out
 * before holds, by us or by Hugging Face's own libraries.
 */
export async function openRepository(
  reference: HubReference,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<Repository> {
  const { repository, revision } = reference
  const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`
  const remote: Remote = {
    id: huggingfaceHost + path,
    url: settings.huggingface + path,
    name: `hf:${repository}@${revision}`,
    headers: authorization(settings),
    maxBytes: maxFactsBytes,
    immutable: isCommit(revision),
    mirror: 'HF_ENDPOINT',
    advice: adviceFor(repository, settings),
  }
  try {
    const text = new TextDecoder().decode(await obtainBytes(remote, settings, signal))
    const facts = parseFacts(text, remote.name)
    return { reference, commit: facts.sha, facts }
  } catch (error) {
    signal?.throwIfAborted()
    const commit = isCommit(revision) ? revision : await readHubRef(repository, revision)
    if (commit === undefined) throw error
    return { reference, commit, facts: undefined }
  }
}

function parseFacts(text: string, name: string): RepositoryFacts {
  let facts: RepositoryFacts | undefined
  try {
    facts = JSON.parse(text)
  } catch {
    // Said below.
  }
  if (facts && isCommit(facts.sha) && Array.isArray(facts.siblings)) return facts
  throw new SourceError(`The server says nothing about ${name} that could be understood.`)
}

/**
 * The file with the weights.
 * @throws SourceError where there is none, naming what there is; UnsupportedError for weights in parts
 */
export function weightsOf({ reference, facts }: Repository): string {
  if (reference.file !== undefined) return checkListed(reference.file)
  if (!facts) return 'model.safetensors'
  const names = facts.siblings.map(({ rfilename }) => rfilename)
  if (names.includes('model.safetensors')) return 'model.safetensors'
  const what = `hf:${reference.repository}`
  if (names.some((name) => name.endsWith('.safetensors.index.json'))) {
    throw new UnsupportedError(`${what} has its weights in several files; one is read.`)
  }
  const candidates = names.filter((name) => /\.(safetensors|npz)$/.test(name))
  if (candidates.length === 1) return candidates[0]!
  if (candidates.length > 1) {
    throw new SourceError(
      `${what} has several files with weights; name one of them, as in ${what}:${candidates[0]}: ${candidates.slice(0, 8).join(', ')}.`,
    )
  }
  const others = names.filter((name) => /\.(bin|pt|pth|h5|msgpack|onnx)$/.test(name))
  throw new SourceError(
    `${what} has no .safetensors${others.length > 0 ? `, only ${others.slice(0, 8).join(', ')}` : ''}.`,
  )

  function checkListed(file: string): string {
    if (!facts || facts.siblings.some(({ rfilename }) => rfilename === file)) return file
    const names = facts.siblings.map(({ rfilename }) => rfilename)
    throw new SourceError(
      `hf:${reference.repository} has no file ${file}; it has ${names.slice(0, 20).join(', ')}.`,
    )
  }
}

/** Whether the repository has a file; undefined where that is not known. */
export function hasFile({ facts }: Repository, file: string): boolean | undefined {
  return facts?.siblings.some(({ rfilename }) => rfilename === file)
}

/** A file of the repository: of a commit, so that its bytes are always the same. */
export function fileRemote(
  { reference, commit, facts }: Repository,
  file: string,
  settings: Settings,
  maxBytes: number,
): Remote {
  const { repository, revision } = reference
  const path = `/${repository}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`
  const said = facts?.siblings.find(({ rfilename }) => rfilename === file)
  const size = said?.lfs?.size ?? said?.size
  const sha256 = said?.lfs?.sha256
  return {
    id: huggingfaceHost + path,
    url: settings.huggingface + path,
    name: `hf:${repository}${revision === 'main' ? '' : `@${revision}`}:${file}`,
    headers: authorization(settings),
    maxBytes,
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) && { sha256 }),
    immutable: true,
    mirror: 'HF_ENDPOINT',
    advice: adviceFor(repository, settings),
  }
}

/** The file as Hugging Face's own libraries have downloaded it, if they have. */
export const localFile = ({ reference, commit }: Repository, file: string) =>
  findInHubCache(reference.repository, commit, file)

const authorization = ({ token }: Settings): Record<string, string> =>
  token ? { authorization: `Bearer ${token}` } : {}

const adviceFor = (repository: string, { token }: Settings) =>
  token
    ? `Check the name, and on ${huggingfaceHost}/${repository} whether your token may read it.`
    : `Check the name; if the repository is gated or private, accept its conditions on ${huggingfaceHost}/${repository} and set HF_TOKEN.`
