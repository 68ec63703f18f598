import { ArgumentError } from '../errors.ts'
import type { Fetch } from '../platform/answer.ts'
import { visible } from '../platform/url-name.ts'
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
  /** Told what went otherwise than one expects, such as a cache that can't be written; else the console. */
  onNotice?: ((message: string) => void) | undefined
  /** How long a server may be silent, in milliseconds; 30 s unless given. */
  timeout?: number | undefined
  /** What the first pause before another attempt is about, in milliseconds; later ones are longer. */
  retryDelay?: number | undefined
}

type Rule = readonly [wanted: string, valid: (value: unknown) => boolean]

const text: Rule = ['a text', (value) => typeof value === 'string']
const call: Rule = ['a function', (value) => typeof value === 'function']
/** Timers take no more. */
const longestTimer = 2 ** 31 - 1

const rules: { readonly [Name in keyof Required<HubOptions>]: Rule } = {
  url: text,
  endpoint: text,
  token: text,
  offline: ['true or false', (value) => typeof value === 'boolean'],
  cache: [
    'a cache, as openCache() gives it, or false',
    (value) => value === false || isCache(value),
  ],
  maxCacheBytes: ['a number of bytes, 0 or more', (value) => isFrom(value, 0)],
  fetch: call,
  onNotice: call,
  timeout: [
    `a number of milliseconds from 1 to ${longestTimer}`,
    (value) => isFrom(value, 1) && value <= longestTimer,
  ],
  retryDelay: [
    'a number of milliseconds from 0 to 3600000',
    (value) => isFrom(value, 0) && value <= 3_600_000,
  ],
}

const isFrom = (value: unknown, least: number): value is number =>
  typeof value === 'number' && value >= least

/** @throws ArgumentError naming the first option whose value is of the wrong kind */
export function checkHubOptions(options: unknown): asserts options is HubOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(`The options of the hub must be an object, not ${kindOf(options)}.`)
  }
  for (const [name, [wanted, valid]] of Object.entries(rules)) {
    const value = (options as Record<string, unknown>)[name]
    if (value === undefined || valid(value)) continue
    throw new ArgumentError(`hub.${name} must be ${wanted}, not ${kindOf(value)}.`)
  }
}

const methods = ['find', 'begin', 'lock', 'list', 'remove'] as const

const isCache = (value: unknown): value is Cache =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((name) => typeof (value as Partial<Cache>)[name] === 'function')

/** @throws ArgumentError */
export function checkCache(value: unknown): void {
  if (isCache(value)) return
  throw new ArgumentError(`A cache, as openCache() gives it, is expected, not ${kindOf(value)}.`)
}

/** @throws ArgumentError */
export function checkText(name: string, value: unknown): void {
  if (typeof value === 'string') return
  throw new ArgumentError(`${name} must be a text, not ${kindOf(value)}.`)
}

/** @throws ArgumentError */
export function checkSignal(value: unknown): void {
  if (value === undefined) return
  const { throwIfAborted } = (value ?? {}) as Partial<AbortSignal>
  if (typeof throwIfAborted === 'function') return
  throw new ArgumentError(`signal must be an AbortSignal, not ${kindOf(value)}.`)
}

/** A value for messages, without what may be long or secret in it. */
function kindOf(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : visible(`a ${typeof value}`)
}
