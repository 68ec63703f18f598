import { platform } from '#platform'
import { readOptions } from '../check-fields.ts'
import { ArgumentError } from '../errors.ts'
import { takeCredentials } from '../platform/credentials.ts'
import { fetchRequest, type HttpGet } from '../platform/http.ts'
import { nameOfUrl } from '../platform/url-name.ts'
import type { Cache } from './cache/cache.ts'
import { type HubOptions, hubFields } from './options.ts'

export type { HubOptions } from './options.ts'

export interface Settings {
  /** Base URLs without a trailing slash. */
  readonly bucket: string
  readonly huggingface: string
  readonly token: string | undefined
  readonly offline: boolean
  readonly cache: Cache | false | undefined
  readonly maxCacheBytes: number
  readonly request: HttpGet
  readonly notice: (message: string) => void
  readonly timeout: number
  readonly retryDelay: number
  /** Origins that could not be reached during this call; they are not retried. */
  readonly unreachable: Set<string>
  /** Notices already given; each is given once. */
  readonly noticed: Set<string>
}

export const bucketHost = 'https://storage.googleapis.com'
export const huggingfaceHost = 'https://huggingface.co'

/**
 * The settings of a call: its options, else the environment, else defaults.
 * @throws ArgumentError for wrong types, mirrors that are not http(s) URLs, invalid tokens, and invalid cache
 *   sizes
 */
export function resolveSettings(given?: HubOptions): Settings {
  const options = readOptions('the hub', hubFields, given)
  const variable = (name: string) => platform.environment(name) || undefined
  const isOn = (name: string) => /^(1|true|yes|on)$/i.test(variable(name) ?? '')
  const mirror = base(options.url ?? variable('VITRINE_HUB_URL'), 'VITRINE_HUB_URL')
  const endpoint = base(options.endpoint ?? variable('HF_ENDPOINT'), 'HF_ENDPOINT')
  const token = tokenOf(options.token ?? variable('HF_TOKEN'))
  const mayHaveToken = endpoint ?? (mirror ? undefined : huggingfaceHost)
  return {
    bucket: mirror ?? bucketHost,
    huggingface: endpoint ?? mirror ?? huggingfaceHost,
    // The token is sent only to Hugging Face or to the explicit endpoint, and only over https or to localhost.
    token: mayHaveToken && isPrivate(mayHaveToken) ? token : undefined,
    offline: options.offline ?? (isOn('VITRINE_OFFLINE') || isOn('HF_HUB_OFFLINE')),
    cache: options.cache,
    maxCacheBytes: options.maxCacheBytes ?? parseBytes(variable('VITRINE_CACHE_MAX') ?? '20GB'),
    request: options.fetch ? fetchRequest(options.fetch) : platform.request,
    notice: options.onNotice ?? ((message) => console.warn(`vitrine: ${message}`)),
    timeout: options.timeout ?? 30_000,
    retryDelay: options.retryDelay ?? 500,
    unreachable: new Set(),
    noticed: new Set(),
  }
}

/** Trims the token: files often end with a line feed. */
function tokenOf(text: string | undefined): string | undefined {
  const token = text?.trim() || undefined
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token
  throw new ArgumentError('HF_TOKEN must be printable ASCII without blanks.')
}

function base(text: string | undefined, name: string): string | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ArgumentError(`${name} must be an http or https URL, not ${nameOfUrl(text)}.`)
  }
  if (url.search || url.hash) {
    throw new ArgumentError(
      `${name} must end with a path, since paths are added to it; ${nameOfUrl(url)} is followed by a query or a fragment.`,
    )
  }
  takeCredentials(url)
  return url.href.replace(/\/+$/, '')
}

function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || /^(localhost|127\.|\[::1\])/.test(hostname)
}

const units: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/** Parses `500MB`, `20 GB` or `1000000`, with decimal units, as in `vitrine cache ls`. */
export function parseBytes(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)B?$/i.exec(text.trim()) ?? []
  if (count !== undefined) return Math.round(Number(count) * units[unit!.toUpperCase()]!)
  throw new ArgumentError(`${JSON.stringify(text)} is not a size; expected a value such as 20GB.`)
}
