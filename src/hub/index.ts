import { openCache as openPlatformCache } from '#cache'
import type { Cache } from './cache/cache.ts'

export type { Cache, EntryInfo, PartialInfo } from './cache/cache.ts'
export type { AugRegEntry } from './catalog/augreg.ts'
export type { Published } from './catalog/catalog.ts'
export type { PublishedRepository } from './catalog/repositories.ts'
export { type Listed, listAugReg, listPublished, listRepositories } from './list.ts'
export type { HubOptions } from './settings.ts'
export { verifyEntry } from './verify.ts'

/** The cache in which `load` keeps what it downloads. */
export const openCache: () => Promise<Cache> = openPlatformCache
