import type { Beside } from '../checkpoint/description.ts'
import { defaultMaxBytes } from '../checkpoint/read/open.ts'
import { maxHeaderBytes } from '../checkpoint/read/safetensors/header.ts'
import { ArgumentError, SourceError } from '../errors.ts'
import type { LabelSet } from '../labels.ts'
import { takeCredentials } from '../platform/credentials.ts'
import { nameOfSource } from '../platform/locator.ts'
import { nameOfUrl, visible } from '../platform/url-name.ts'
import {
  augRegVariant,
  bestOf,
  checkAugRegTable,
  parseAugRegFile,
  parseAugRegQuery,
  queryAugReg,
} from './catalog/augreg.ts'
import { findPublished, type Published, similarNames } from './catalog/catalog.ts'
import { parseHubReference } from './huggingface/reference.ts'
import { fileRemote, localFile, openRepository, weightsOf } from './huggingface/repository.ts'
import { repositoryNeighbours, urlNeighbours } from './neighbours.ts'
import { obtainAs } from './obtain.ts'
import type { Remote } from './remote.ts'
import { bucketHost, type Settings } from './settings.ts'

/** The location of a checkpoint and its known metadata. */
export interface Resolved {
  /** A local file or a published one. */
  readonly where: { readonly path: string } | { readonly remote: Remote }
  readonly beside: Beside
  /** The variant of a catalogue entry. */
  readonly variant?: string
}

export interface ResolveOptions {
  readonly signal?: AbortSignal | undefined
  readonly maxBytes?: number | undefined
  /** Whether weights beside the file are read by range requests instead of downloaded. */
  readonly peeks?: boolean | undefined
}

/**
 * Resolves a name:
 *
 * - `https://…`, `http://…`, `gs://bucket/file`
 * - `hf:org/name`, `hf:org/name@revision`, `hf:org/name@revision:file`
 * - `augreg:B/16,dataset=cifar100,resolution=384`: the best matching row of AugReg's table
 * - a name of the catalogue or of a file in AugReg's folder; see findPublished
 *
 * Local files of the same name are handled by the caller.
 * @throws SourceError for unknown names, and where a needed server can't be reached
 */
export async function resolveName(
  text: string,
  settings: Settings,
  options: ResolveOptions = {},
): Promise<Resolved> {
  if (/^https?:/i.test(text)) return resolveURL(text, settings, options)
  if (/^hf:/i.test(text)) return resolveHubFile(text, settings, options)
  if (/^augreg:/i.test(text)) return resolveAugReg(text.slice(7), settings, options)
  if (/^gs:/i.test(text)) return resolveBucketFile(text, settings, options)
  const published = findPublished(text)
  if (published) return fromCatalog(published, settings)
  const file = text.replace(/^augreg\//, '').replace(/\.npz$/, '')
  if (parseAugRegFile(file)) return fromAugReg(file, settings)
  throw unknown(text)
}

function unknown(name: string): SourceError {
  const repository = /^[\w.-]+\/[\w.-]+$/.test(name) && !/\.(npz|safetensors)$/.test(name)
  const similar = [...(repository ? [`hf:${name}`] : []), ...similarNames(name)]
  const hint =
    similar.length === 1
      ? `; did you mean ${similar[0]}?`
      : similar.length > 1
        ? `; similar names are ${similar.join(', ')}.`
        : '.'
  return new SourceError(
    `There is no file ${nameOfSource(name)}, and no published checkpoint of that name${hint} See vitrine models.`,
  )
}

const limitOf = ({ maxBytes = defaultMaxBytes }: ResolveOptions) => maxBytes + maxHeaderBytes

function resolveURL(text: string, settings: Settings, options: ResolveOptions): Resolved {
  const remoteOf = (url: string) => urlRemote(url, options)
  const remote = remoteOf(text)
  const neighbours = urlNeighbours(text, remoteOf, settings, options.peeks)
  return { where: { remote }, beside: { neighbours } }
}

function urlRemote(text: string, options: ResolveOptions): Remote {
  const { url, headers } = takeCredentials(text)
  url.hash = ''
  return {
    id: url.href,
    url: url.href,
    name: nameOfUrl(url),
    headers,
    maxBytes: limitOf(options),
    immutable: false,
  }
}

function bucketRemote(path: string, name: string, settings: Settings, maxBytes: number): Remote {
  // Encodes `+` too: some servers decode it as a space.
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return {
    id: `${bucketHost}/${encoded}`,
    url: `${settings.bucket}/${encoded}`,
    name,
    maxBytes,
    immutable: true,
    mirror: 'VITRINE_HUB_URL',
  }
}

function resolveBucketFile(text: string, settings: Settings, options: ResolveOptions): Resolved {
  const path = text.replace(/^gs:\/*/i, '')
  if (!/^[^/]+\/.*[^/]$/.test(path)) {
    throw new ArgumentError(`${nameOfUrl(text)} is not of the form gs://bucket/file.`)
  }
  const published = findPublished(path)
  if (published) return fromCatalog(published, settings)
  const remote = bucketRemote(path, nameOfUrl(text), settings, limitOf(options))
  return { where: { remote }, beside: { neighbours: bucketNeighbours(path, remote, settings) } }
}

/** What lies in the same folder of a bucket. */
function bucketNeighbours(path: string, { url, maxBytes }: Remote, settings: Settings) {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const remoteOf = (url: string) => {
    const sibling = folder + decodeURIComponent(url.slice(url.lastIndexOf('/') + 1))
    return bucketRemote(sibling, nameOfUrl(`gs://${sibling}`), settings, maxBytes)
  }
  return urlNeighbours(url, remoteOf, settings)
}

/** The size limit for a listed size. Listed sizes are rounded, and an archive adds a directory. */
const longest = (bytes: number | undefined) =>
  bytes === undefined ? limitOf({}) : Math.ceil(bytes * 1.02) + (1 << 20)

/** The file of a catalogue row. */
export const publishedRemote = ({ path, name, bytes }: Published, settings: Settings): Remote =>
  bucketRemote(path, name, settings, longest(bytes))

/** Official files have no metadata besides the labels. */
const labelled = (labels: LabelSet | undefined): Beside =>
  labels ? { description: { labels } } : {}

function fromCatalog(row: Published, settings: Settings): Resolved {
  const remote = publishedRemote(row, settings)
  // The vocabularies of texts lie beside the models.
  const beside =
    row.dataset === 'image-text'
      ? { neighbours: bucketNeighbours(row.path, remote, settings) }
      : labelled(row.dataset)
  return { where: { remote }, beside, variant: row.variant }
}

/** Enough for the largest model with the largest head and optimiser state. */
const maxAugRegBytes = 2 ** 31

function fromAugReg(file: string, settings: Settings): Resolved {
  const { model, ds, adaptDs } = parseAugRegFile(file)!
  const remote = bucketRemote(
    `vit_models/augreg/${file}.npz`,
    `augreg/${file}`,
    settings,
    maxAugRegBytes,
  )
  const dataset = adaptDs ?? (ds === 'i1k' ? 'imagenet2012' : 'imagenet21k')
  const labels =
    dataset === 'imagenet2012' || dataset === 'imagenet21k' || dataset === 'cifar100'
      ? dataset
      : undefined
  return { where: { remote }, beside: labelled(labels), variant: augRegVariant(model) }
}

/** Reads the table of all AugReg checkpoints, which is taken to be immutable. */
export async function readAugRegTable(
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<string> {
  const remote = bucketRemote('vit_models/augreg/index.csv', 'augreg/index.csv', settings, 2 ** 26)
  return obtainAs(remote, settings, signal, (bytes) => {
    const table = new TextDecoder().decode(bytes)
    checkAugRegTable(table)
    return table
  })
}

async function resolveAugReg(
  query: string,
  settings: Settings,
  { signal }: ResolveOptions,
): Promise<Resolved> {
  if (parseAugRegFile(query)) return fromAugReg(query, settings)
  const wanted = parseAugRegQuery(query)
  const { file } = bestOf(queryAugReg(await readAugRegTable(settings, signal), wanted), query)
  if (!parseAugRegFile(file))
    throw new SourceError(`AugReg's table contains an unexpected file name: ${visible(file)}.`)
  return fromAugReg(file, settings)
}

async function resolveHubFile(
  text: string,
  settings: Settings,
  options: ResolveOptions,
): Promise<Resolved> {
  const repository = await openRepository(parseHubReference(text), settings, options.signal)
  const file = weightsOf(repository)
  const limit = limitOf(options)
  const neighbours = repositoryNeighbours(repository, file, settings, limit, options.peeks)
  const beside = { neighbours }
  const path = await localFile(repository, file)
  if (path !== undefined) return { where: { path }, beside }
  return { where: { remote: fileRemote(repository, file, settings, limit) }, beside }
}
