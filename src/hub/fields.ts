import { atLeast, callback, type Field, type Fields, flag, milliseconds, text } from '../fields.ts'
import type { Cache } from './cache/cache.ts'
import type { HubOptions } from './settings.ts'

const methods = ['find', 'begin', 'lock', 'list', 'remove'] satisfies (keyof Cache)[]

const cache: Field = {
  wanted: 'a cache, as openCache() gives it, or false',
  valid: (value) => value === false || isCache(value),
}

const isCache = (value: unknown): value is Cache =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((name) => typeof (value as Partial<Cache>)[name] === 'function')

export const hubFields: Fields<HubOptions> = {
  url: text,
  endpoint: text,
  token: text,
  offline: flag,
  cache,
  maxCacheBytes: atLeast(0),
  fetch: callback,
  onNotice: callback,
  timeout: milliseconds(1),
  retryDelay: milliseconds(0, 3_600_000),
}
