import { takeCredentials } from './credentials.ts'
import { withoutSecretsInError } from './url-name.ts'

/** An HTTP response whose body has not been read yet. */
export interface HttpResponse {
  readonly status: number
  header(name: string): string | null
  /**
   * The decompressed body. Call it once.
   * @param reuse whether a chunk's memory may be freed when the next is requested, so that a large body does
   *   not pile up as garbage
   * @throws the runtime's error for a broken connection
   */
  chunks(reuse?: boolean): AsyncIterable<Uint8Array>
  /** Cancels an unread body. */
  discard(): void
}

export interface RequestOptions {
  headers?: Readonly<Record<string, string>> | undefined
  signal?: AbortSignal | undefined
  /** The browser's cache mode; `no-store` by default. */
  cache?: RequestCache | undefined
}

/**
 * Sends a GET request, through the proxy of the environment. Follows redirects, to http and https only, and
 * drops `authorization` for other origins. User and password of a URL are sent as an `authorization` header.
 * @throws the runtime's connection error, without secrets of URLs; ArgumentError for a malformed URL; the
 *   signal's reason
 */
export type HttpGet = (url: string, options: RequestOptions) => Promise<HttpResponse>

/** The type of the global `fetch`, or a minimal one where its types are missing (without the DOM's types). */
export type Fetch = typeof globalThis extends { fetch: infer Own }
  ? Own
  : (url: string, options?: object) => Promise<object>

/** Implements `HttpGet` with `fetch`, the runtime's or the caller's. */
export function fetchRequest(fetch: Fetch): HttpGet {
  return async (text, { headers = {}, signal, cache = 'no-store' }) => {
    const { url, headers: own } = takeCredentials(text)
    const all = { ...own, ...headers }
    const send = async () => fetch(url.href, { headers: all, signal: signal ?? null, cache })
    const response = await send().catch((error) => {
      if (signal?.aborted) throw signal.reason
      throw withoutSecretsInError(error)
    })
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      chunks: () => (response.body ? streamChunks(response.body) : noChunks()),
      discard: () => void response.body?.cancel().catch(() => {}),
    }
  }
}

/** The chunks of a `ReadableStream`, which not every engine can iterate. */
export async function* streamChunks(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return undefined
      yield value
    }
  } catch (error) {
    throw withoutSecretsInError(error)
  } finally {
    void reader.cancel().catch(() => {})
  }
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}

/** The reason of a failed request or broken connection, for messages. */
export function connectionFailure(cause: unknown): string {
  const error = cause as Error & { cause?: Error; code?: string }
  return error?.cause?.message || error?.message || error?.code || String(cause)
}
