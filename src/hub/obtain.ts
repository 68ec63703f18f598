import { openCache } from '#cache'
import { onAbort } from '../abort.ts'
import { createSha256 } from '../bytes/sha256.ts'
import { NeighbourError } from '../checkpoint/beside/json.ts'
import type { DownloadProgress } from '../checkpoint/checkpoint.ts'
import { httpSource, rangeTotal, versionOf } from '../checkpoint/source/http.ts'
import type { ByteSource } from '../checkpoint/source/source.ts'
import { FormatError, SourceError } from '../errors.ts'
import { type Cache, NoRoomError, type Whole } from './cache/cache.ts'
import { makeRoom } from './cache/evict.ts'
import { memoryPart } from './cache/memory-part.ts'
import { arrivingSource, ChangedError } from './download/arriving.ts'
import { Download } from './download/download.ts'
import { unreachableError, whyUnreachable } from './download/unreachable.ts'
import type { Remote } from './remote.ts'
import type { Settings } from './settings.ts'

/** A file that can be read, though it may not be there yet. */
export interface Obtained {
  /** To be read from the beginning; see useObtained. */
  open(): ByteSource
  /**
   * To be called by who has read it and found that it makes sense: it waits for the rest, and keeps it.
   * @throws SourceError where it is not what its publisher says, ChangedError where it is not what was read
   */
  keep(): Promise<void>
  /** To be called by who found that it is not what it should be: the next try begins anew. */
  drop(): Promise<void>
  /** Always to be called at the end. */
  close(): Promise<void>
}

export interface ObtainOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
}

/** By this a cache knows a file. */
export async function cacheKey({ id }: Pick<Remote, 'id'>): Promise<string> {
  const hash = await createSha256()
  hash.update(new TextEncoder().encode(id))
  return hash.digest().slice(0, 32)
}

/** The cache that the settings name; undefined where nothing is to be kept, or can be. */
export async function cacheOf({
  cache,
  notice,
  told,
}: Pick<Settings, 'cache' | 'notice' | 'told'>): Promise<Cache | undefined> {
  if (cache !== undefined) return cache || undefined
  try {
    return await openCache()
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    if (!told.has(error.message)) notice(`nothing is kept: ${error.message}`)
    told.add(error.message)
    return undefined
  }
}

/** The file as the cache has it, if it has. A version that may be old is good enough for who only looks. */
export async function findCached(remote: Remote, settings: Settings): Promise<Whole | undefined> {
  return (await cacheOf(settings))?.find(await cacheKey(remote))
}

/** For who looks at some of a file: what is not in the cache is read where it is, range by range, and not kept. */
export async function peek(
  remote: Remote,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const { url, name, headers, maxBytes, immutable } = remote
  const { request, offline } = settings
  const cached = await findCached(remote, settings)
  if (cached && (immutable || offline)) return cached.open()
  return httpSource(url, maxBytes, signal, { name, headers, request }).catch((error) => {
    const reason = whyUnreachable(error)
    throw reason === undefined ? error : unreachableError(remote, reason, error.cause)
  })
}

/**
 * A published file, from the cache if it is there in the server's version. Otherwise its download begins;
 * if another process is at it, when that one is done.
 * @throws SourceError where it is not there and must not be asked for; the signal's reason
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
  const onWait = () => settings.notice(`waiting for another process that loads ${remote.name}`)
  try {
    if (cache) {
      const unlock = await cache.lock(key, { signal, onWait })
      try {
        // Somebody else may have brought it meanwhile.
        const brought = await cache.find(key)
        const isNew = brought && brought.info.added !== cached?.info.added
        const opened = isNew && (await openWhole(cache, key, brought))
        if (opened) {
          await unlock()
          return opened
        }
        const room = (bytes: number) => makeRoom(cache, key, bytes, settings.maxCacheBytes)
        await room(remote.size ?? 0)
        const place = { part: await cache.begin(key), entry: { makeRoom: room, unlock } }
        return obtained(new Download(remote, place, settings, onProgress), signal)
      } catch (error) {
        await unlock()
        throw error
      }
    }
  } catch (error) {
    if (!(error instanceof NoRoomError)) throw error
    settings.notice(`${remote.name} is not kept, only loaded: ${error.message}.`)
  }
  return obtained(new Download(remote, { part: memoryPart() }, settings, onProgress), signal)
}

function obtained(download: Download, signal: AbortSignal | undefined): Obtained {
  const abort = () => void download.stop(signal!.reason)
  const unlisten = signal && onAbort(signal, abort)
  if (signal?.aborted) abort()
  let opened = download.generation
  return {
    open() {
      opened = download.generation
      return arrivingSource(download)
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
  // Undefined if it was removed just now.
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

/** Has the server the version that is cached? Also where it can't be asked: then that is the best there is. */
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
    const answer = await settings.request(remote.url, { headers, signal: either })
    answer.discard()
    if (answer.status === 304 || answer.status >= 400) return true
    const version = versionOf(answer)
    if (version !== null || info.version !== undefined) return version === info.version
    return (rangeTotal(answer, 0) ?? info.size) === info.size
  } catch {
    signal?.throwIfAborted()
    return true
  }
}

/**
 * Reads an obtained file, keeps it, and closes it. What is read is read anew if the server has another
 * version meanwhile. A file that is not of its format is not kept: a page of a hotel's network, a copy
 * that rotted on the disk is not to be met again next time.
 * @param discard frees what was made of a file that turned out to be wrong
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
    // What lies beside this file may be wrong while it is right.
    const isOther = error instanceof NeighbourError && error.file !== name
    if (error instanceof FormatError && !isOther) await file.drop()
    throw error
  } finally {
    await file.close()
  }
}

const maxChanges = 3

/**
 * A small file at once.
 * @throws what `obtain` and the download throw
 */
export const obtainBytes = (
  remote: Remote,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> => obtainAs(remote, settings, signal, (bytes) => bytes)

/**
 * The same for a file of some format.
 * @param parse throws a FormatError for what is none; it is then not kept
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
