import { platform } from '#platform'
import { ArgumentError } from '../errors.ts'
import { fetchRequest, type Request } from '../platform/answer.ts'
import { takeCredentials } from '../platform/credentials.ts'
import { nameOfUrl } from '../platform/url-name.ts'
import type { Cache } from './cache/cache.ts'
import { checkHubOptions } from './check-options.ts'

/** Where published files come from, and where they are kept. */
export interface HubOptions {
  /**
   * A mirror of the bucket and of Hugging Face, by their paths; `VITRINE_HUB_URL` unless given. Pages
   * need one for servers that don't let them read (CORS).
   */
  url?: string | undefined
  /** Hugging Face, or a mirror of it alone, which is trusted with the token; `HF_ENDPOINT`. */
  endpoint?: string | undefined
  /** For gated and private repositories; `HF_TOKEN`. */
  token?: string | undefined
  /** Nothing is asked for, only the cache is used; `VITRINE_OFFLINE` or `HF_HUB_OFFLINE` is 1. */
  offline?: boolean | undefined
  /** Another cache than the platform's; false keeps nothing. */
  cache?: Cache | false | undefined
  /** The most bytes that the cache keeps; `VITRINE_CACHE_MAX`, 20 GB unless given. */
  maxCacheBytes?: number | undefined
  /** What is asked with instead of the platform's client. */
  fetch?: typeof globalThis.fetch | undefined
  /** Told what went otherwise than one expects, such as a cache that can't be written; else the console. */
  onNotice?: ((message: string) => void) | undefined
  /** How long a server may be silent, in milliseconds; 30 s unless given. */
  timeout?: number | undefined
  /** What the first pause before another attempt is about, in milliseconds; later ones are longer. */
  retryDelay?: number | undefined
}

export interface Settings {
  /** Without a slash at the end. */
  readonly bucket: string
  readonly huggingface: string
  readonly token: string | undefined
  readonly offline: boolean
  readonly cache: Cache | false | undefined
  readonly maxCacheBytes: number
  readonly request: Request
  readonly notice: (message: string) => void
  readonly timeout: number
  readonly retryDelay: number
  /** Origins that could not be reached during this call, and are not waited for again. */
  readonly unreachable: Set<string>
  /** What is worth a notice once. */
  readonly told: Set<string>
}

export const bucketHost = 'https://storage.googleapis.com'
export const huggingfaceHost = 'https://huggingface.co'

/**
 * What holds for a call: its options, else the environment, else the defaults.
 * @throws ArgumentError for values of the wrong kind, mirrors that are no http(s) URL, a token that can't be
 *   sent, and a size of the cache that is none
 */
export function resolveSettings(options: HubOptions = {}): Settings {
  checkHubOptions(options)
  const variable = (name: string) => platform.environment(name) || undefined
  const isOn = (name: string) => /^(1|true|yes|on)$/i.test(variable(name) ?? '')
  const mirror = base(options.url ?? variable('VITRINE_HUB_URL'), 'VITRINE_HUB_URL')
  const endpoint = base(options.endpoint ?? variable('HF_ENDPOINT'), 'HF_ENDPOINT')
  const token = tokenOf(options.token ?? variable('HF_TOKEN'))
  const mayHaveToken = endpoint ?? (mirror ? undefined : huggingfaceHost)
  return {
    bucket: mirror ?? bucketHost,
    huggingface: endpoint ?? mirror ?? huggingfaceHost,
    // A mirror of everything is not asked whether it may know the user's name; nor is an open line.
    token: mayHaveToken && isPrivate(mayHaveToken) ? token : undefined,
    offline: options.offline ?? (isOn('VITRINE_OFFLINE') || isOn('HF_HUB_OFFLINE')),
    cache: options.cache,
    maxCacheBytes: options.maxCacheBytes ?? parseBytes(variable('VITRINE_CACHE_MAX') ?? '20GB'),
    request: options.fetch ? fetchRequest(options.fetch) : platform.request,
    notice: options.onNotice ?? ((message) => console.warn(`vitrine: ${message}`)),
    timeout: options.timeout ?? 30_000,
    retryDelay: options.retryDelay ?? 500,
    unreachable: new Set(),
    told: new Set(),
  }
}

/** A token from a file often has a line feed behind it. */
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

/** `500MB`, `20 GB`, `1000000`: powers of ten, as `vitrine cache ls` shows them. */
export function parseBytes(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)B?$/i.exec(text.trim()) ?? []
  if (count !== undefined) return Math.round(Number(count) * units[unit!.toUpperCase()]!)
  throw new ArgumentError(`${JSON.stringify(text)} is no size such as 20GB.`)
}
