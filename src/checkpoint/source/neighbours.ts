import { platform } from '#platform'
import { SourceError } from '../../errors.ts'
import { takeCredentials } from '../../platform/credentials.ts'
import type { HttpGet } from '../../platform/http.ts'
import { isUrl, pathOfFileUrl, relativeUrl } from '../../platform/locator.ts'
import { nameOfUrl, visible } from '../../platform/url-name.ts'
import type { CheckpointInput } from '../checkpoint.ts'
import { fileSource } from './file.ts'
import { openOrStatus } from './http.ts'
import { type ByteSource, readBeginning } from './source.ts'

/** The files that lie in the same folder as a checkpoint, or in the same folder of a server. */
export interface Neighbours {
  /**
   * Opens one of them, to be closed by the caller.
   * @param name of the file, without a folder
   * @returns undefined where there is no such file
   * @throws SourceError where it is not known whether there is one, or it can't be read
   */
  open(name: string, signal?: AbortSignal): Promise<ByteSource | undefined>
}

export interface NeighbourOptions {
  /** What servers are asked with; the platform's client unless given. */
  readonly request?: HttpGet | undefined
  /** Told of files that a server has and does not give. */
  readonly notice?: ((message: string) => void) | undefined
  /** The longest file that is read from a server that answers no ranges, in bytes; 8 GiB unless given. */
  readonly limit?: number | undefined
}

/**
 * What lies beside a checkpoint that is given as a path (of a file, or of a folder with a slash at its
 * end) or as a URL, except `blob:` and `data:`. A sibling on a server has the same query and is asked
 * for with the same credentials. Bytes, Blobs and streams have no neighbours.
 */
export function neighboursOf(
  input: CheckpointInput,
  options: NeighbourOptions = {},
): Neighbours | undefined {
  if (input instanceof URL) return urlNeighbours(input, options)
  if (typeof input !== 'string' || input === '') return undefined
  if (isUrl(input)) return URL.canParse(input) ? urlNeighbours(new URL(input), options) : undefined
  const relative = relativeUrl(input)
  return relative ? urlNeighbours(relative, options) : pathNeighbours(input)
}

function urlNeighbours(url: URL, options: NeighbourOptions): Neighbours | undefined {
  if (url.protocol === 'file:') return pathNeighbours(pathOfFileUrl(url))
  return /^(blob|data):$/.test(url.protocol) ? undefined : serverNeighbours(url, options)
}

function pathNeighbours(path: string): Neighbours {
  // The folder of `dir/` is `dir`, not its parent.
  const inside = /[\\/]$/.test(path) ? `${path}.` : path
  return {
    async open(name, signal) {
      signal?.throwIfAborted()
      const sibling = platform.siblingPath(inside, name)
      if (!(await platform.hasFile(sibling))) return undefined
      return fileSource(await platform.openFile(sibling), visible(sibling))
    },
  }
}

/** Statuses of servers that don't say whether a file is missing or secret. */
const refusals = [401, 403]
const absences = [404, 410]

function serverNeighbours(
  weights: URL,
  { request, notice, limit = 2 ** 33 }: NeighbourOptions,
): Neighbours {
  return {
    async open(file, signal) {
      const sibling = new URL(weights)
      sibling.hash = ''
      sibling.pathname = weights.pathname.replace(/[^/]*$/, encodeURIComponent(file))
      const { url, headers } = takeCredentials(sibling)
      const name = nameOfUrl(url)
      const asked = openOrStatus(url.href, limit, signal, { name, headers, request })
      const source = await asked.catch((error) => {
        // To a page an answer that it may not read (CORS) looks like none.
        if (platform.name !== 'web' || !(error instanceof SourceError)) throw error
        notice?.(`${name} can't be read by this page; it is taken for missing.`)
        return undefined
      })
      if (source === undefined) return undefined
      if (typeof source === 'number') {
        if (absences.includes(source)) return undefined
        if (!refusals.includes(source))
          throw new SourceError(`Can't fetch ${name}: HTTP ${source}.`)
        notice?.(`${name} was refused with HTTP ${source}; it is taken for missing.`)
        return undefined
      }
      if (!(await isWebPage(source, signal))) return source
      await source.close()
      notice?.(
        `${name} is a web page, as of a server without such a file; it is taken for missing.`,
      )
      return undefined
    },
  }
}

async function isWebPage(source: ByteSource, signal: AbortSignal | undefined): Promise<boolean> {
  return beginsWebPage(await readBeginning(source, 64, signal))
}

/** Whether a file begins as a web page does. Many servers answer so for files that they do not have. */
export function beginsWebPage(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 64))
  return /^\s*<(!doctype|html|head|body|\?xml|!--)/i.test(text)
}
