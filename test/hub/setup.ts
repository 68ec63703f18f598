import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cache } from '../../src/hub/cache/cache.ts'
import { FolderCache } from '../../src/hub/cache/node/folder.ts'
import { obtainBytes } from '../../src/hub/obtain.ts'
import type { Remote } from '../../src/hub/remote.ts'
import { resolveSettings, type Settings } from '../../src/hub/settings.ts'
import { random } from '../random.ts'
import { HubServer } from './server.ts'

export const path = '/vit_models/imagenet21k/ViT-B_16.npz'

/** Bytes that differ everywhere. */
export function noise(length: number, seed = 1): Uint8Array {
  const next = random(seed)
  return Uint8Array.from({ length }, () => next() * 256)
}

export interface Setting {
  readonly server: HubServer
  readonly folder: string
  readonly cache: FolderCache
  readonly notices: string[]
  readonly settings: Settings
  readonly remote: Remote
}

/** A server and an empty cache for the time of a test. */
export async function withHub(run: (setting: Setting) => Promise<void>): Promise<void> {
  const server = await HubServer.start()
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-hub-'))
  const cache = new FolderCache(join(folder, 'hub'))
  const notices: string[] = []
  const settings = resolveSettings({
    url: server.url,
    endpoint: server.url,
    cache,
    timeout: 1000,
    retryDelay: 5,
    onNotice: (text) => notices.push(text),
  })
  const remote: Remote = {
    id: `https://example.org${path}`,
    url: server.url + path,
    name: 'the file',
    maxBytes: 1e8,
    immutable: true,
  }
  try {
    await run({ server, folder, cache, notices, settings, remote })
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Downloads, reads and keeps a file as a loader does. */
export const fetchWhole = (
  remote: Remote,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Uint8Array> => obtainBytes(remote, settings, signal)

/** The entries that are whole, which all are read: an entry that is broken fails the test. */
export async function wholeEntries(cache: Cache): Promise<Uint8Array[]> {
  const { whole } = await cache.list()
  return Promise.all(
    whole.map(async ({ key }) => {
      const source = await (await cache.find(key))!.open()
      try {
        return Uint8Array.from(await source.read(0, source.size!))
      } finally {
        await source.close()
      }
    }),
  )
}
