import { cacheFolder } from '../../../platform/node/cache-folder.ts'
import { join } from '../../../platform/node/files.ts'
import type { Cache } from '../cache.ts'
import { FolderCache } from './folder.ts'

/** The cache of this user. Its folder is created with the first download. */
export const openCache = async (): Promise<Cache> => new FolderCache(join(cacheFolder(), 'hub'))
