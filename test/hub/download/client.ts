import { FolderCache } from '../../../src/hub/cache/node/folder.ts'
import { obtainBytes } from '../../../src/hub/obtain.ts'
import { resolveSettings } from '../../../src/hub/settings.ts'

// A process that downloads, removes and downloads again, until it is killed.

const [url, id, folder] = process.argv.slice(2) as [string, string, string]
const cache = new FolderCache(folder)
const settings = resolveSettings({ cache, retryDelay: 1, onNotice() {} })
const remote = { id, url, name: 'the file', maxBytes: 1e8, immutable: true }
process.send?.('ready')
for (;;) {
  await obtainBytes(remote, settings, undefined)
  process.send?.('whole')
  for (const { key } of (await cache.list()).whole) await cache.remove(key)
}
