import { joinBytes } from '../../bytes/join.ts'
import { badRequest, Refusal } from './refusal.ts'

/** The bytes of all bodies that are in memory at once. */
export class BodyBudget {
  readonly #most: number
  #used = 0

  constructor(most: number) {
    this.#most = most
  }

  /** @throws Refusal when the server has no room for so many bytes more */
  take(bytes: number): void {
    if (this.#used + bytes > this.#most) {
      const message = `The server holds ${this.#used} bytes of other requests; the limit is ${this.#most}.`
      throw new Refusal(503, message, { 'Retry-After': '1' })
    }
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}

export interface BodyOptions {
  /** The most bytes of a body, before and after it is decompressed. */
  readonly maxBytes: number
  /** Called for every run of bytes that is kept. */
  take(bytes: number): void
  readonly signal: AbortSignal
}

/** How bodies may be compressed, by the names of HTTP and of `DecompressionStream`. */
const formats: Readonly<Record<string, CompressionFormat>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
}

/**
 * The body of a request, decompressed.
 * @throws Refusal 413 for a body that is too large, 415 for a compression that is not known, 400 for one that is damaged
 *   or truncated; the signal's reason
 */
export async function readBody(
  request: Pick<Request, 'headers' | 'body'>,
  options: BodyOptions,
): Promise<Uint8Array> {
  const format = formatOf(request.headers.get('content-encoding'))
  const length = Number(request.headers.get('content-length') ?? 0)
  if (length > options.maxBytes) throw tooLarge(options.maxBytes)
  if (!request.body) return new Uint8Array()
  const body = request.body as ReadableStream<Uint8Array<ArrayBuffer>>
  if (format === undefined)
    return gather(body, options, () => badRequest('The body ended too early.'))
  // Some engines take what is compressed in advance, however slowly it is read, so it is counted too.
  let refusal: unknown
  const count = counter(options)
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      try {
        count(chunk)
        controller.enqueue(chunk)
      } catch (error) {
        refusal = error
        throw error
      }
    },
  })
  const inflated = body.pipeThrough(counted).pipeThrough(new DecompressionStream(format))
  const broken = `The body is damaged: it can't be decompressed as ${format}.`
  return gather(inflated, options, () => refusal ?? badRequest(broken))
}

/** Counts runs of bytes that are kept. */
function counter({ maxBytes, take }: BodyOptions): (run: Uint8Array) => void {
  let length = 0
  return (run) => {
    length += run.length
    if (length > maxBytes) throw tooLarge(maxBytes)
    take(run.length)
  }
}

function formatOf(encoding: string | null): CompressionFormat | undefined {
  const name = (encoding ?? '').trim().toLowerCase()
  if (name === '' || name === 'identity') return undefined
  if (Object.hasOwn(formats, name) && typeof DecompressionStream === 'function') {
    return formats[name]
  }
  throw new Refusal(415, 'The Content-Encoding of a body is gzip, deflate, or none.', {
    'Accept-Encoding': 'gzip, deflate',
  })
}

const tooLarge = (maxBytes: number) =>
  new Refusal(413, `The body has more than ${maxBytes} bytes, which is the limit.`)

async function gather(
  stream: ReadableStream<Uint8Array>,
  options: BodyOptions,
  failure: () => unknown,
): Promise<Uint8Array> {
  const { signal } = options
  const parts: Uint8Array[] = []
  const count = counter(options)
  const reader = stream.getReader()
  const stop = () => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      const { done, value } = await reader.read().catch(() => {
        signal.throwIfAborted()
        throw failure()
      })
      signal.throwIfAborted()
      if (done) break
      count(value)
      parts.push(value)
    }
  } catch (error) {
    stop()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return parts.length === 1 ? parts[0]! : joinBytes(parts)
}
