import { takeCredentials } from './credentials.ts'
import { withoutSecretsInError } from './url-name.ts'

/** What a server answered, of which the body is still to come. */
export interface HttpResponse {
  readonly status: number
  header(name: string): string | null
  /**
   * The body, decompressed where the server compressed it; to be asked for once.
   * @param lend a chunk may be gone when the next one is asked for: what would be garbage for a while,
   *   of a whole checkpoint, then takes no memory
   * @throws whatever the runtime says of a broken connection
   */
  chunks(lend?: boolean): AsyncIterable<Uint8Array>
  /** Lets go of a body that nobody wants. */
  discard(): void
}

export interface RequestOptions {
  headers?: Readonly<Record<string, string>> | undefined
  signal?: AbortSignal | undefined
  /** Whether a browser may use its own cache; `no-store` unless given. */
  cache?: RequestCache | undefined
}

/**
 * Asks a server, through the proxy that the environment names. Redirects are followed, to http and https
 * only, and without `authorization` elsewhere. User and password of a URL are sent as such a header.
 * @throws what the runtime says of the connection, without what is secret in URLs; ArgumentError where
 *   the URL is not well formed; the signal's reason
 */
export type HttpGet = (url: string, options: RequestOptions) => Promise<HttpResponse>

/** The program's own type of `fetch`; without one, as without the DOM's types, what is used of it. */
export type Fetch = typeof globalThis extends { fetch: infer Own }
  ? Own
  : (url: string, options?: object) => Promise<object>

/** The same by the web's `fetch`, or by one that the caller has. */
export function fetchRequest(fetch: Fetch): HttpGet {
  return async (text, { headers = {}, signal, cache = 'no-store' }) => {
    const { url, headers: own } = takeCredentials(text)
    const all = { ...own, ...headers }
    const asked = async () => fetch(url.href, { headers: all, signal: signal ?? null, cache })
    const response = await asked().catch((error) => {
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

/** The chunks of a `ReadableStream`; not every engine lets one iterate over it. */
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
