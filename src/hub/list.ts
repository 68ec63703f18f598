import { checkField } from '../check-fields.ts'
import { publishedVariants } from '../families/published.ts'
import { text } from '../fields.ts'
import { type AugRegEntry, parseAugRegQuery, queryAugReg } from './catalog/augreg.ts'
import { type Published, searchPublished } from './catalog/catalog.ts'
import { type PublishedRepository, searchRepositories } from './catalog/repositories.ts'
import { cacheKey, cacheOf } from './obtain.ts'
import { checkSignal } from './options.ts'
import { publishedRemote, readAugRegTable } from './resolve.ts'
import { type HubOptions, resolveSettings } from './settings.ts'

/** A published checkpoint, and whether it is cached and supported. */
export interface Listed extends Published {
  /** Whether the cache has it. */
  readonly cached: boolean
  /** Whether this version of the package runs it. */
  readonly runs: boolean
}

/**
 * Published checkpoints whose row contains every word of the query. Makes no requests.
 * @param query words such as `b_16 384`; all rows by default
 */
export async function listPublished(query = '', options?: HubOptions): Promise<Listed[]> {
  checkField('query', text, query)
  const settings = resolveSettings(options)
  const { whole } = (await (await cacheOf(settings))?.list()) ?? { whole: [] }
  const keys = new Set(whole.map(({ key }) => key))
  return Promise.all(
    searchPublished(query).map(async (row) => ({
      ...row,
      cached: keys.has(await cacheKey(publishedRemote(row, settings))),
      runs: publishedVariants.some(({ name }) => name === row.variant),
    })),
  )
}

/**
 * Repositories of relatives of the ViT whose row contains every word of the query: a choice, since any other repository
 * with such a model loads too. Makes no requests.
 * @param query words such as `clip 224px mit`; all rows by default
 */
export async function listRepositories(query = ''): Promise<PublishedRepository[]> {
  checkField('query', text, query)
  return searchRepositories(query)
}

/**
 * Rows of AugReg's table, the best validation accuracy first. The table is downloaded if it is not cached.
 * @param query keys and values, such as `B/16,dataset=cifar100,resolution=224`; see the hub's page
 * @throws ArgumentError for unknown keys; SourceError if the table can't be downloaded
 */
export async function listAugReg(
  query: string,
  options?: HubOptions,
  signal?: AbortSignal,
): Promise<AugRegEntry[]> {
  checkField('query', text, query)
  checkSignal(signal)
  const wanted = parseAugRegQuery(query)
  const settings = resolveSettings(options)
  return queryAugReg(await readAugRegTable(settings, signal), wanted)
}
