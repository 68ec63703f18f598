import { atLeast, callback, type Field, type Fields, flag, text } from '../fields.ts'
import type { HubOptions } from './settings.ts'

const cache: Field = {
  wanted: 'a cache, such as openCache() gives, or false',
  valid: (value) => value === false || typeof (value as { find?: unknown })?.find === 'function',
}

export const hubFields: Fields<HubOptions> = {
  url: text,
  endpoint: text,
  token: text,
  offline: flag,
  cache,
  maxCacheBytes: atLeast(0),
  fetch: callback,
  onNotice: callback,
  timeout: atLeast(0),
  retryDelay: atLeast(0),
}
