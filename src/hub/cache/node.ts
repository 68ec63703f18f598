import { join } from '../../platform/files-node.ts'
import { cacheFolder } from '../../platform/folder-node.ts'
import type { Cache } from './cache.ts'
import { FolderCache } from './folder.ts'

/** The cache of this user; nothing is made before something is kept. */
export const openCache = async (): Promise<Cache> => new FolderCache(join(cacheFolder(), 'hub'))
