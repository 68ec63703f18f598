import { readOptions } from '../check-fields.ts'
import {
  callback,
  type Field,
  type Fields,
  flag,
  isArrayOf,
  milliseconds,
  whole,
} from '../fields.ts'
import type { RequestRecord } from './http/request-log.ts'

/** Options of `createServer`. */
export interface ServerOptions {
  /** How many images or texts of each model may wait and run, from 1; 64 by default. More are refused with 503. */
  queue?: number | undefined
  /** The most images or texts of one request, from 1; 32 by default, and never more than `queue`. */
  maxItems?: number | undefined
  /** The most bytes of a request's body, also when it is decompressed; 32 MiB by default. */
  maxBodyBytes?: number | undefined
  /** The most bytes of all bodies in memory; 256 MiB by default. A request beyond them is refused with 503. */
  maxBodiesBytes?: number | undefined
  /** The most pixels of an image; 64 Mi by default. Larger ones are refused by their header, with 413. */
  maxPixels?: number | undefined
  /**
   * How long a request may take in all, in milliseconds; 30,000 by default. What is not done by then is stopped and
   * answered with 504, or 408 if its body has not come. A request may ask for less.
   */
  timeout?: number | undefined
  /** How many requests of one client may be under way, from 1; not limited by default. More are refused with 429. */
  maxPerClient?: number | undefined
  /** The status of requests that come when the queue is full: 503, or 429; 503 by default. */
  overloadStatus?: 503 | 429 | undefined
  /**
   * Milliseconds that an image waits for others, when nothing runs, so that a GPU computes them together; 0 by default.
   * Threads compute image by image, so there it only costs time.
   */
  delay?: number | undefined
  /**
   * The origins, such as `https://images.example.com`, of URLs in requests that the server fetches; none by default.
   * Redirects are not followed.
   */
  allowUrls?: readonly string[] | undefined
  /** How many workers decode images, from 1; by default one for every four threads that compute. */
  decoders?: number | undefined
  /** How many pictures each model computes before it is ready, from 0; 2 by default. */
  warmUp?: number | undefined
  /** Whether there is a page at `/` to try the models by hand; true by default. */
  page?: boolean | undefined
  /** Is given a record of every request that was answered. */
  onRequest?: ((record: RequestRecord) => void) | undefined
  /** Is given errors that are faults of the server; by default they go to the console. */
  onError?: ((error: unknown) => void) | undefined
}

const origins: Field = {
  wanted: 'an array of origins, such as https://images.example.com',
  valid: (value) => isArrayOf(value, isOrigin),
}

const isOrigin = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : '') &&
  new URL(value).origin === value

export const serverFields: Fields<ServerOptions> = {
  queue: whole(1, 2 ** 16),
  maxItems: whole(1, 2 ** 16),
  maxBodyBytes: whole(1, 2 ** 31 - 1),
  maxBodiesBytes: whole(1),
  maxPixels: whole(1),
  timeout: milliseconds(1),
  maxPerClient: whole(1),
  overloadStatus: { wanted: '503 or 429', valid: (value) => value === 503 || value === 429 },
  delay: milliseconds(0, 10_000),
  allowUrls: origins,
  decoders: whole(1, 64),
  warmUp: whole(0, 1000),
  page: flag,
  onRequest: callback,
  onError: callback,
}

/** What a server goes by: every option that has a default has a value. */
export interface Settings {
  readonly queue: number
  readonly maxItems: number
  readonly maxBodyBytes: number
  readonly maxBodiesBytes: number
  readonly maxPixels: number
  readonly timeout: number
  readonly maxPerClient: number | undefined
  readonly overloadStatus: 503 | 429
  readonly delay: number
  readonly allowUrls: readonly string[]
  readonly decoders: number | undefined
  readonly warmUp: number
  readonly page: boolean
  readonly onRequest: ((record: RequestRecord) => void) | undefined
  readonly onError: (error: unknown) => void
}

/** @throws ArgumentError for options that don't exist or have a wrong value */
export function readServerOptions(given: ServerOptions | undefined): Settings {
  const options = readOptions('createServer', serverFields, given)
  const queue = options.queue ?? 64
  return {
    queue,
    maxItems: Math.min(queue, options.maxItems ?? 32),
    maxBodyBytes: options.maxBodyBytes ?? 32 * 2 ** 20,
    maxBodiesBytes: options.maxBodiesBytes ?? 256 * 2 ** 20,
    maxPixels: options.maxPixels ?? 64 * 2 ** 20,
    timeout: options.timeout ?? 30_000,
    maxPerClient: options.maxPerClient,
    overloadStatus: options.overloadStatus ?? 503,
    delay: options.delay ?? 0,
    allowUrls: options.allowUrls ?? [],
    decoders: options.decoders,
    warmUp: options.warmUp ?? 2,
    page: options.page ?? true,
    onRequest: options.onRequest,
    onError: options.onError ?? ((error) => console.error('vitrine:', error)),
  }
}
