import { FormatError, SourceError } from '../../errors.ts'
import { takeCredentials } from '../../platform/credentials.ts'
import { visible } from '../../platform/url-name.ts'
import { repositories } from '../catalog/repositories.ts'
import { RefusedError } from '../download/attempts.ts'
import { licenceNotice } from '../licence.ts'
import { obtainAs } from '../obtain.ts'
import type { Remote } from '../remote.ts'
import { huggingfaceHost, type Settings } from '../settings.ts'
import { parseFacts, type RepositoryFacts } from './facts.ts'
import { findInHubCache, readHubRef } from './hub-cache.ts'
import { type HubReference, isCommit } from './reference.ts'
import { exists, staticFolders } from './static-mirror.ts'

/** A repository at a commit, or at a revision on a mirror without commits. */
export interface Repository {
  readonly reference: HubReference
  /** The commit, or the revision if no commit is known. */
  readonly commit: string
  /** The listing; undefined if there is none. */
  readonly facts: RepositoryFacts | undefined
  /** The URL path of its files, on a mirror without an API. */
  readonly folder?: string
}

const maxFactsBytes = 16 << 20

/**
 * Resolves a revision to a commit and its files. On a mirror without an API, probes for the weights. Without a
 * connection, uses an earlier result, from our cache or from that of Hugging Face's libraries.
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
    mirror: 'HF_ENDPOINT or VITRINE_HUB_URL',
    advice: adviceFor(repository, settings),
  }
  try {
    const parse = (bytes: Uint8Array) => parseFacts(new TextDecoder().decode(bytes), remote.name)
    const facts = await obtainAs(remote, settings, signal, parse)
    return { reference, commit: facts.commit, facts }
  } catch (error) {
    signal?.throwIfAborted()
    const mirrored = await openStatic(reference, settings, error, signal)
    if (mirrored) return mirrored
    const commit = isCommit(revision) ? revision : await readHubRef(repository, revision)
    if (commit !== undefined) return { reference, commit, facts: undefined }
    throw isMirror(settings) && hasNoApi(error) ? nowhere(reference, settings, error) : error
  }
}

const isMirror = ({ huggingface }: Settings) => huggingface !== huggingfaceHost

/** Whether an error means that a mirror has no API. Some static servers respond 403 for missing paths. */
const hasNoApi = (error: unknown): error is SourceError | FormatError =>
  error instanceof FormatError ||
  (error instanceof RefusedError && [400, 403, 404, 405, 410].includes(error.status))

/** The repository as a static folder on a mirror, if its weights are there or in the cache. */
async function openStatic(
  reference: HubReference,
  settings: Settings,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<Repository | undefined> {
  if (!isMirror(settings)) return undefined
  for (const folder of staticFolders(reference)) {
    const repository = { reference, commit: reference.revision, facts: undefined, folder }
    const weights = fileRemote(repository, weightsOf(repository), settings, 0)
    if (await exists(weights, settings, hasNoApi(error), signal)) return repository
  }
  return undefined
}

function nowhere(reference: HubReference, settings: Settings, error: Error): SourceError {
  const file = reference.file ?? 'model.safetensors'
  const places = staticFolders(reference).map((folder) => `${folder}/${file}`)
  const { host } = new URL(settings.huggingface)
  return new SourceError(
    `${error.message} As a folder of files, ${host} has no ${places.join(' and no ')} either.`,
    { cause: error },
  )
}

/**
 * The path of the weights, or of the index of their shards.
 * @throws SourceError where there are none; it lists the files
 */
export function weightsOf({ reference, facts }: Repository): string {
  if (reference.file !== undefined) return checkListed(reference.file)
  if (!facts) return 'model.safetensors'
  const names = facts.files.map(({ path }) => path)
  if (names.includes('model.safetensors')) return 'model.safetensors'
  const what = `hf:${reference.repository}`
  if (names.includes('model.safetensors.index.json')) return 'model.safetensors.index.json'
  const candidates = names.filter((name) => /\.(safetensors|npz)$/.test(name))
  if (candidates.length === 1) return candidates[0]!
  if (candidates.length > 1) {
    throw new SourceError(
      `${what} has several files with weights; name one of them, as in ${what}:${candidates[0]}: ${listOf(candidates)}.`,
    )
  }
  const others = names.filter((name) => /\.(bin|pt|pth|h5|msgpack|onnx)$/.test(name))
  throw new SourceError(
    `${what} has no .safetensors${others.length > 0 ? `, only ${listOf(others)}` : ''}.`,
  )

  function checkListed(file: string): string {
    if (!facts || facts.files.some(({ path }) => path === file)) return file
    const names = facts.files.map(({ path }) => path)
    throw new SourceError(
      `hf:${reference.repository} has no file ${file}; it has ${listOf(names)}.`,
    )
  }
}

/** The first names of a list, for messages. */
function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => visible(name.slice(0, 80)))
  return `${shown.join(', ') || 'none'}${names.length > shown.length ? ', …' : ''}`
}

/** Whether the repository has a file; undefined if there is no listing. */
export function hasFile({ facts }: Repository, file: string): boolean | undefined {
  return facts?.files.some(({ path }) => path === file)
}

/** A file of the repository. At a commit it is immutable; on a static mirror it is not. */
export function fileRemote(
  { reference, commit, facts, folder }: Repository,
  file: string,
  settings: Settings,
  maxBytes: number,
): Remote {
  const { repository, revision } = reference
  const encoded = file.split('/').map(encodeURIComponent).join('/')
  const path = `${folder ?? `/${repository}/resolve/${commit}`}/${encoded}`
  const listed = facts?.files.find((one) => one.path === file)
  const url = settings.huggingface + path
  const licence = licenceOf(repository, facts)
  return {
    // Files of a static mirror are specific to that mirror.
    id: folder === undefined ? huggingfaceHost + path : takeCredentials(url).url.href,
    url,
    name: `hf:${repository}${revision === 'main' ? '' : `@${revision}`}:${file}`,
    headers: authorization(settings),
    maxBytes,
    ...(listed?.size !== undefined && { size: listed.size }),
    ...(listed?.sha256 !== undefined && { sha256: listed.sha256 }),
    immutable: folder === undefined,
    mirror: 'HF_ENDPOINT or VITRINE_HUB_URL',
    ...(licence && isWeights(file) && { licence }),
    advice: adviceFor(repository, settings),
  }
}

const isWeights = (file: string) => /\.(safetensors|npz)$/.test(file)

/** Of a licence that is not open, what its card or, on a mirror without cards, the catalogue says. */
function licenceOf(repository: string, facts: RepositoryFacts | undefined): string | undefined {
  const name = `hf:${repository}`
  const license = facts?.license ?? repositories.find((row) => row.name === name)?.license
  return license && licenceNotice(name, license, `${huggingfaceHost}/${repository}`)
}

/** The path of the file in the cache of Hugging Face's libraries, if present. */
export const localFile = ({ reference, commit }: Repository, file: string) =>
  findInHubCache(reference.repository, commit, file)

const authorization = ({ token }: Settings): Record<string, string> =>
  token ? { authorization: `Bearer ${token}` } : {}

const adviceFor = (repository: string, { token }: Settings) =>
  token
    ? `Check the name, and on ${huggingfaceHost}/${repository} whether your token may read it.`
    : `Check the name; if the repository is gated or private, accept its conditions on ${huggingfaceHost}/${repository} and set HF_TOKEN.`
