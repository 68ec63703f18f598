import { openCache } from '#cache'
import { onAbort } from '../abort.ts'
import { createSha256 } from '../bytes/sha256.ts'
import { NeighbourError } from '../checkpoint/beside/json.ts'
import type { DownloadProgress } from '../checkpoint/checkpoint.ts'
import { httpSource } from '../checkpoint/source/http.ts'
import { rangeTotal, versionOf } from '../checkpoint/source/http-request.ts'
import type { ByteSource } from '../checkpoint/source/source.ts'
import { FormatError, SourceError } from '../errors.ts'
import { type Cache, CacheWriteError, type Whole } from './cache/cache.ts'
import { evict } from './cache/evict.ts'
import { memoryPart } from './cache/memory-part.ts'
import { Download } from './download/download.ts'
import { ChangedError, inFlightSource } from './download/in-flight-source.ts'
import { unreachableError, whyUnreachable } from './download/unreachable.ts'
import type { Remote } from './remote.ts'
import type { Settings } from './settings.ts'

/** A file that can be read, possibly while it is being downloaded. */
export interface Obtained {
  /** A source from byte 0 on; see useObtained. */
  open(): ByteSource
  /**
   * Call it after reading and validating the file: waits for the rest and stores it in the cache.
   * @throws SourceError where the hash is not the published one, ChangedError where the file changed since it
   *   was read
   */
  keep(): Promise<void>
  /** Call it for an invalid file: discards it, so that the next load downloads it again. */
  drop(): Promise<void>
  /** Must always be called at the end. */
  close(): Promise<void>
}

export interface ObtainOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
}

/** The cache key of a file. */
export async function cacheKey({ id }: Pick<Remote, 'id'>): Promise<string> {
  const hash = await createSha256()
  hash.update(new TextEncoder().encode(id))
  return hash.digest().slice(0, 32)
}

/** The cache of the settings; undefined if caching is off or impossible. */
export async function cacheOf({
  cache,
  notice,
  noticed,
}: Pick<Settings, 'cache' | 'notice' | 'noticed'>): Promise<Cache | undefined> {
  if (cache !== undefined) return cache || undefined
  try {
    return await openCache()
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    if (!noticed.has(error.message)) notice(`nothing is cached: ${error.message}`)
    noticed.add(error.message)
    return undefined
  }
}

/** The cached file, without checking whether it is current. */
export async function findCached(remote: Remote, settings: Settings): Promise<Whole | undefined> {
  return (await cacheOf(settings))?.find(await cacheKey(remote))
}

/** Opens a file to read parts of it: from the cache, else by range requests, without caching. */
export async function peek(
  remote: Remote,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const { url, name, headers, maxBytes, immutable } = remote
  const { request, offline } = settings
  const cached = await findCached(remote, settings)
  if (cached && (immutable || offline)) return cached.open()
  const options = { name, headers, request, cache: 'no-store' } as const
  return httpSource(url, maxBytes, signal, options).catch((error) => {
    const reason = whyUnreachable(error)
    throw reason === undefined ? error : unreachableError(remote, reason, error.cause)
  })
}

/**
 * Opens a published file: from the cache if it is current, else by starting a download. If another process
 * is downloading it, waits for that one.
 * @throws SourceError where it is not cached and requests are not allowed; the signal's reason
 */
export async function obtain(
  remote: Remote,
  settings: Settings,
  options: ObtainOptions = {},
): Promise<Obtained> {
  const { signal, onProgress } = options
  const cache = await cacheOf(settings)
  const key = await cacheKey(remote)
  const cached = await cache?.find(key)
  if (cached && (await isCurrent(remote, cached, settings, signal))) {
    const opened = await openWhole(cache!, key, cached)
    if (opened) return opened
  }
  if (settings.offline) {
    throw new SourceError(
      `${remote.name} is not in the cache, and offline nothing is downloaded (VITRINE_OFFLINE, HF_HUB_OFFLINE).`,
    )
  }
  const onWait = () => settings.notice(`waiting for another process that downloads ${remote.name}`)
  const start = (place: ConstructorParameters<typeof Download>[1]) => {
    if (remote.licence) settings.notice(remote.licence)
    return obtained(new Download(remote, place, settings, onProgress), signal)
  }
  try {
    if (cache) {
      const unlock = await cache.lock(key, { signal, onWait })
      try {
        // Another process may have downloaded it meanwhile.
        const downloaded = await cache.find(key)
        const isNew = downloaded && downloaded.info.added !== cached?.info.added
        const opened = isNew && (await openWhole(cache, key, downloaded))
        if (opened) {
          await unlock()
          return opened
        }
        const room = (bytes: number) => evict(cache, key, bytes, settings.maxCacheBytes)
        await room(remote.size ?? 0)
        const place = { part: await cache.begin(key), entry: { evict: room, unlock } }
        return start(place)
      } catch (error) {
        await unlock()
        throw error
      }
    }
  } catch (error) {
    if (!(error instanceof CacheWriteError)) throw error
    settings.notice(`${remote.name} is not kept, only loaded: ${error.message}.`)
  }
  return start({ part: memoryPart() })
}

function obtained(download: Download, signal: AbortSignal | undefined): Obtained {
  const abort = () => void download.stop(signal!.reason)
  const unlisten = signal && onAbort(signal, abort)
  if (signal?.aborted) abort()
  let opened = download.generation
  return {
    open() {
      opened = download.generation
      return inFlightSource(download)
    },
    async keep() {
      await download.keep()
      if (download.generation !== opened) throw new ChangedError(download.remote.name)
    },
    drop: () => download.drop(),
    async close() {
      unlisten?.()
      await download.close()
    },
  }
}

async function openWhole(cache: Cache, key: string, whole: Whole): Promise<Obtained | undefined> {
  // Undefined if it was removed in between.
  const source = await whole.open().catch(() => undefined)
  return (
    source && {
      open: () => source,
      keep: async () => {},
      drop: async () => void (await cache.remove(key)),
      close: () => source.close(),
    }
  )
}

/** Whether the cached version is the server's current one; true if the server can't be reached. */
async function isCurrent(
  remote: Remote,
  { info }: Whole,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (remote.immutable || settings.offline) return true
  const headers = {
    ...remote.headers,
    range: 'bytes=0-0',
    ...(info.version?.includes('"') && { 'if-none-match': info.version }),
  }
  try {
    const timeout = AbortSignal.timeout(settings.timeout)
    const either = signal ? AbortSignal.any([signal, timeout]) : timeout
    const response = await settings.request(remote.url, { headers, signal: either })
    response.discard()
    if (response.status === 304 || response.status >= 400) return true
    const version = versionOf(response)
    if (version !== null || info.version !== undefined) return version === info.version
    return (rangeTotal(response, 0) ?? info.size) === info.size
  } catch {
    signal?.throwIfAborted()
    return true
  }
}

/**
 * Uses an obtained file, then keeps and closes it. If the file changes on the server meanwhile, it is read
 * again. A file with an invalid format (a captive portal's page, a damaged copy) is dropped, so that it is not
 * found in the cache next time.
 * @param discard frees the result if the file turns out to be wrong
 */
export async function useObtained<T>(
  file: Obtained,
  use: (source: ByteSource) => Promise<T>,
  discard: (made: T) => void = () => {},
): Promise<T> {
  let name = ''
  try {
    for (let changes = 0; ; changes++) {
      try {
        const source = file.open()
        name = source.name
        const made = await use(source)
        await file.keep().catch((error) => {
          discard(made)
          throw error
        })
        return made
      } catch (error) {
        if (!(error instanceof ChangedError) || changes === maxChanges) throw error
      }
    }
  } catch (error) {
    // The error may be about a neighbouring file, not about this one.
    const isOther = error instanceof NeighbourError && error.file !== name
    if (error instanceof FormatError && !isOther) await file.drop()
    throw error
  } finally {
    await file.close()
  }
}

const maxChanges = 3

/**
 * Reads a small file completely.
 * @throws what `obtain` and the download throw
 */
export const obtainBytes = (
  remote: Remote,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> => obtainAs(remote, settings, signal, (bytes) => bytes)

/**
 * Reads and parses a small file.
 * @param parse throws FormatError for invalid contents, which are then not cached
 */
export async function obtainAs<T>(
  remote: Remote,
  settings: Settings,
  signal: AbortSignal | undefined,
  parse: (bytes: Uint8Array) => T,
): Promise<T> {
  const file = await obtain(remote, settings, { signal })
  return useObtained(file, async (source) => {
    const size = await source.measure(signal)
    return parse(Uint8Array.from(await source.read(0, size, signal)))
  })
}
