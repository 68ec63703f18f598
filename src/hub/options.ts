import { checkField } from '../check-fields.ts'
import {
  atLeast,
  callback,
  type Field,
  type Fields,
  flag,
  milliseconds,
  signalField,
  text,
} from '../fields.ts'
import type { Fetch } from '../platform/http.ts'
import type { Cache } from './cache/cache.ts'

/** Where published files are downloaded from and cached. */
export interface HubOptions {
  /**
   * A mirror of the bucket and of Hugging Face, with the same paths; `VITRINE_HUB_URL` by default. Pages need
   * one for servers without CORS headers.
   */
  url?: string | undefined
  /** Hugging Face or a mirror of it, which receives the token; `HF_ENDPOINT` by default. */
  endpoint?: string | undefined
  /** For gated and private repositories; `HF_TOKEN` by default. */
  token?: string | undefined
  /** Use only the cache, without requests; by default if `VITRINE_OFFLINE` or `HF_HUB_OFFLINE` is 1. */
  offline?: boolean | undefined
  /** A cache to use instead of the default; false disables caching. */
  cache?: Cache | false | undefined
  /** The size limit of the cache in bytes; `VITRINE_CACHE_MAX` by default, else 20 GB. */
  maxCacheBytes?: number | undefined
  /** A `fetch` to use instead of the platform's client. */
  fetch?: Fetch | undefined
  /** Receives notices, such as that the cache can't be written; `onNotice` of `load` by default. */
  onNotice?: ((message: string) => void) | undefined
  /** The longest time without data from a server, in milliseconds; 30 s by default. */
  timeout?: number | undefined
  /** The approximate pause before the first retry, in milliseconds; later ones are longer. */
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
