import {
  atLeast,
  callback,
  checkField,
  type Field,
  type Fields,
  flag,
  milliseconds,
  signalField,
  text,
} from '../fields.ts'
import type { Fetch } from '../platform/http.ts'
import type { Cache } from './cache/cache.ts'

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
  fetch?: Fetch | undefined
  /** Takes notices, such as that the cache can't be written; `onNotice` of `load` unless given. */
  onNotice?: ((message: string) => void) | undefined
  /** How long a server may be silent, in milliseconds; 30 s unless given. */
  timeout?: number | undefined
  /** What the first pause before another attempt is about, in milliseconds; later ones are longer. */
  retryDelay?: number | undefined
}

const methods = ['find', 'begin', 'lock', 'list', 'remove'] satisfies (keyof Cache)[]

const isCache = (value: unknown): value is Cache =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((name) => typeof (value as Partial<Cache>)[name] === 'function')

export const cacheField: Field = { wanted: 'a cache, as openCache() gives it', valid: isCache }

export const hubFields: Fields<HubOptions> = {
  url: text,
  endpoint: text,
  token: text,
  offline: flag,
  cache: {
    wanted: `${cacheField.wanted}, or false`,
    valid: (value) => value === false || isCache(value),
  },
  maxCacheBytes: atLeast(0),
  fetch: callback,
  onNotice: callback,
  timeout: milliseconds(1),
  retryDelay: milliseconds(0, 3_600_000),
}

/** @throws ArgumentError for what is neither undefined nor an AbortSignal */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined) checkField('signal', signalField, signal)
}
