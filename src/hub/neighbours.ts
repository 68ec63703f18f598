import { platform } from '#platform'
import { parseObject } from '../checkpoint/beside/json.ts'
import { fileSource } from '../checkpoint/source/file.ts'
import { bytesSource } from '../checkpoint/source/memory.ts'
import { beginsWebPage, type Neighbours, neighboursOf } from '../checkpoint/source/neighbours.ts'
import type { ByteSource } from '../checkpoint/source/source.ts'
import { FormatError, SourceError } from '../errors.ts'
import { fileRemote, hasFile, localFile, type Repository } from './huggingface/repository.ts'
import { findCached, type Obtained, obtain, peek, useObtained } from './obtain.ts'
import type { Remote } from './remote.ts'
import type { Settings } from './settings.ts'

/** A server answered with a web page, as many do for files that they do not have. */
class WebPageError extends FormatError {}

const isJson = (name: string) => name.endsWith('.json')

/**
 * Opens files beside the weights of a repository, at the same commit: from a cache, or downloaded into it.
 * @param weights the path of the weights in the repository
 * @param maxBytes the limit for files of unknown size
 * @param peeks whether files other than JSON are read by range requests instead of downloaded
 */
export function repositoryNeighbours(
  repository: Repository,
  weights: string,
  settings: Settings,
  maxBytes: number,
  peeks = false,
): Neighbours {
  const folder = weights.slice(0, weights.lastIndexOf('/') + 1)
  return {
    async open(name, signal) {
      const file = folder + name
      const listed = hasFile(repository, file)
      if (listed === false) return undefined
      const path = await localFile(repository, file)
      if (path !== undefined) return fileSource(await platform.openFile(path), path)
      const remote = fileRemote(repository, file, settings, maxBytes)
      return openRemote(remote, settings, signal, peeks).catch((error) => {
        // Without a listing the server may not have the file.
        if (listed || !(error instanceof SourceError || error instanceof WebPageError)) throw error
        if (error instanceof WebPageError)
          settings.notice(`${error.message} It is taken for missing.`)
        return undefined
      })
    },
  }
}

/** Opens files beside a URL. They are cached like the file itself. */
export function urlNeighbours(
  weights: string,
  remoteOf: (url: string) => Remote,
  settings: Settings,
  peeks = false,
): Neighbours {
  const { request, notice, offline } = settings
  const server = neighboursOf(weights, { request, notice })
  return {
    async open(name, signal) {
      const url = new URL(weights)
      url.pathname = url.pathname.replace(/[^/]*$/, encodeURIComponent(name))
      const remote = remoteOf(url.href)
      if (await findCached(remote, settings)) return openRemote(remote, settings, signal, peeks)
      const source = offline ? undefined : await server?.open(name, signal)
      // It exists.
      await source?.close()
      return source && openRemote(remote, settings, signal, peeks)
    },
  }
}

/** Opens a file. JSON is cached once it parses; other files once they were read to the end. */
async function openRemote(
  remote: Remote,
  settings: Settings,
  signal: AbortSignal | undefined,
  peeks: boolean,
): Promise<ByteSource> {
  if (peeks && !isJson(remote.name)) return peek(remote, settings, signal)
  const file = await obtain(remote, settings, { signal })
  if (!isJson(remote.name)) return keptOnceRead(file)
  return useObtained(file, async (source) => {
    const bytes = Uint8Array.from(await source.read(0, await source.measure(signal), signal))
    if (beginsWebPage(bytes)) throw new WebPageError(`${remote.name} is a web page, not JSON.`)
    parseObject(bytes, remote.name)
    return bytesSource(bytes, remote.name)
  })
}

function keptOnceRead(file: Obtained): ByteSource {
  const source = file.open()
  let end = 0
  return {
    name: source.name,
    get size() {
      return source.size
    },
    async read(offset, length, signal, buffer) {
      const bytes = await source.read(offset, length, signal, buffer)
      end = Math.max(end, offset + length)
      return bytes
    },
    measure: (signal) => source.measure(signal),
    release: (start, stop) => source.release(start, stop),
    async close() {
      try {
        if (end === source.size) await file.keep()
      } finally {
        await file.close()
      }
    },
  }
}
