import { declaredLength, rangeTotal, versionOf } from '../../checkpoint/source/http-request.ts'
import { LimitError, SourceError, VitrineError } from '../../errors.ts'
import { connectionFailure, type HttpResponse } from '../../platform/http.ts'
import { CacheWriteError, type PartState } from '../cache/cache.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import { Watchdog, wait } from '../wait.ts'
import { Attempts, RefusedError, type Retry, RetryableError } from './attempts.ts'

/** Receives the bytes of a transfer. */
export interface Sink {
  readonly state: PartState | undefined
  readonly size: number
  restart(state: PartState): Promise<void>
  /** The caller may reuse the bytes when the promise resolves. */
  append(bytes: Uint8Array): Promise<void>
  flush(): Promise<void>
}

type TransferSettings = Pick<Settings, 'request' | 'timeout' | 'retryDelay' | 'unreachable'>

/**
 * Downloads a file into a sink, with retries. Each attempt resumes where the last one ended, if the server
 * supports ranges and still has the same version.
 * @param onRetry called before each pause
 * @returns the version and size of the file
 * @throws SourceError where the server refuses, can't be reached, or repeated attempts make no progress;
 *   LimitError for a file over its limit; CacheWriteError of the sink; the signal's reason
 */
export async function transfer(
  remote: Remote,
  sink: Sink,
  settings: TransferSettings,
  signal: AbortSignal,
  onRetry: (retry: Retry) => void,
): Promise<PartState> {
  const attempts = new Attempts(remote, sink.size, settings)
  for (;;) {
    try {
      return await attempt(remote, sink, settings, signal, () => attempts.responded())
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof CacheWriteError || error instanceof VitrineError) throw error
      await sink.flush()
      const reached = sink.size
      if (error instanceof RetryableError && error.stale) await sink.restart({ name: remote.name })
      const retry = attempts.next(error, reached)
      if (retry.pause > 0) onRetry(retry)
      await wait(retry.pause, signal)
    }
  }
}

async function attempt(
  remote: Remote,
  sink: Sink,
  { request, timeout }: TransferSettings,
  signal: AbortSignal,
  onResponse: () => void,
): Promise<PartState> {
  const { state, size: have } = sink
  if (state && have > 0 && have === state.total) return state
  const watchdog = new Watchdog(timeout, signal)
  try {
    const resume = have > 0 && state?.version !== undefined
    const headers = { ...remote.headers, ...(resume && rangeHeaders(remote, state, have)) }
    const response = await request(remote.url, { headers, signal: watchdog.signal })
    onResponse()
    watchdog.alive()
    try {
      const next = resume && continues(response, state, have) ? state : begins(remote, response)
      if (next !== state) await sink.restart(next)
      await receive(remote, response, sink, next, watchdog)
      return { ...next, total: sink.size }
    } finally {
      response.discard()
    }
  } catch (cause) {
    // Runtimes throw different errors for an aborted request; report the watchdog's reason.
    if (watchdog.signal.aborted && !signal.aborted) {
      throw new RetryableError((watchdog.signal.reason as Error).message, { cause })
    }
    if (isOurs(cause)) throw cause
    throw new RetryableError(connectionFailure(cause), { cause })
  } finally {
    watchdog.end()
  }
}

const isOurs = (error: unknown) =>
  error instanceof RetryableError ||
  error instanceof CacheWriteError ||
  error instanceof VitrineError

function rangeHeaders(remote: Remote, { version }: PartState, have: number) {
  const range = `bytes=${have}-`
  // A weak ETag does not guarantee identical bytes. On another origin, If-Range would need a CORS preflight.
  const mayAsk = !version!.startsWith('W/') && !isForeign(remote.url)
  return { range, ...(mayAsk && { 'if-range': version! }) }
}

const isForeign = (url: string) => {
  const { location } = globalThis as { location?: Location }
  return location !== undefined && new URL(url).origin !== location.origin
}

/** Whether the response continues the received bytes. Throws if it may be another version. */
function continues(response: HttpResponse, state: PartState, have: number): boolean {
  if (response.status !== 206 && response.status !== 416) return false
  const total = rangeTotal(response, have)
  const version = versionOf(response)
  // With a different range or version, start over.
  const same = total !== undefined && (state.total ?? total) === total
  if (same && (version === null || version === state.version)) return true
  throw new RetryableError('the file changed during the download', { stale: true })
}

/** The version and size of a response that starts at byte 0. */
function begins(remote: Remote, response: HttpResponse): PartState {
  const { status } = response
  if (status !== 200) throw refusal(remote, response)
  const total = declaredLength(response)
  const version = versionOf(response)
  checkLength(remote, total)
  // A compressed response can't be resumed by byte offset.
  const plain = response.header('content-encoding') === null
  return {
    name: remote.name,
    ...(version !== null && plain && { version }),
    ...(total !== undefined && { total }),
  }
}

function checkLength(remote: Remote, length: number | undefined): void {
  if (length === undefined) return
  if (length > remote.maxBytes) {
    throw new LimitError(
      `${remote.name} has ${length} bytes on the server; at most ${remote.maxBytes} are expected.`,
    )
  }
  if (remote.size !== undefined && length !== remote.size) {
    throw new SourceError(
      `${remote.name} has ${length} bytes on the server; the publisher says ${remote.size}.`,
    )
  }
}

async function receive(
  remote: Remote,
  response: HttpResponse,
  sink: Sink,
  { total }: PartState,
  watchdog: Watchdog,
): Promise<void> {
  let received = response.status === 206 ? sink.size : 0
  for await (const bytes of response.chunks(true)) {
    watchdog.alive()
    received += bytes.length
    if (total !== undefined && received > total) {
      throw new RetryableError(`the server sent more than the ${total} bytes announced`, {
        stale: true,
      })
    }
    if (total === undefined) checkReceived(remote, received)
    await sink.append(bytes)
  }
  watchdog.signal.throwIfAborted()
  await sink.flush()
  if (total !== undefined && received < total) {
    throw new RetryableError(`the connection ended after ${received} of ${total} bytes`)
  }
  if (total === undefined) checkLength(remote, received)
}

function checkReceived(remote: Remote, received: number): void {
  if (received > remote.maxBytes) checkLength(remote, received)
}

function refusal(remote: Remote, response: HttpResponse): Error {
  const { status } = response
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500
  if (retryable) {
    return new RetryableError(`HTTP ${status}`, {
      pause: retryAfter(response.header('retry-after')),
    })
  }
  const reasons: Readonly<Record<number, string>> = {
    401: 'the server requires authentication (HTTP 401)',
    403: 'access is forbidden (HTTP 403)',
    404: 'the server has no such file (HTTP 404)',
    410: 'the file was removed from the server (HTTP 410)',
  }
  const reason = reasons[status] ?? `HTTP ${status}`
  const advice = remote.advice && status < 405 ? ` ${remote.advice}` : ''
  return new RefusedError(`Can't download ${remote.name}: ${reason}.${advice}`, status)
}

/** Parses Retry-After: seconds or a date. Returns milliseconds. */
function retryAfter(text: string | null): number | undefined {
  if (text === null) return undefined
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return milliseconds >= 0 ? milliseconds : undefined
}
