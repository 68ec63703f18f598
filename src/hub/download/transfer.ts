import {
  connectionFailure,
  declaredLength,
  rangeTotal,
  versionOf,
} from '../../checkpoint/source/http.ts'
import { LimitError, SourceError, VitrineError } from '../../errors.ts'
import type { HttpResponse } from '../../platform/http.ts'
import { NoRoomError, type PartState } from '../cache/cache.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import { Watchdog, wait } from '../wait.ts'
import { Attempts, Interruption, RefusedError, type Retry } from './attempts.ts'

/** Where the bytes go. */
export interface Sink {
  readonly state: PartState | undefined
  readonly size: number
  restart(state: PartState): Promise<void>
  /** The bytes are the caller's again when it returns. */
  append(bytes: Uint8Array): Promise<void>
  flush(): Promise<void>
}

type TransferSettings = Pick<Settings, 'request' | 'timeout' | 'retryDelay' | 'unreachable'>

/**
 * Brings all bytes of a file into a sink, as many attempts as that takes: each goes on where the last
 * one ended, if the server has the same version still and knows ranges.
 * @param onRetry told before each pause
 * @returns the version and size of what is there now
 * @throws SourceError where the server refuses or attempts bring nothing any more, or soon where it can't
 *   be reached; LimitError for a file that is longer than it may be, NoRoomError of the sink, the signal's
 *   reason
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
      return await attempt(remote, sink, settings, signal, () => attempts.answered())
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof NoRoomError || error instanceof VitrineError) throw error
      await sink.flush()
      const reached = sink.size
      if (error instanceof Interruption && error.stale) await sink.restart({ name: remote.name })
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
  onAnswer: () => void,
): Promise<PartState> {
  const { state, size: have } = sink
  if (state && have > 0 && have === state.total) return state
  const watchdog = new Watchdog(timeout, signal)
  try {
    const resume = have > 0 && state?.version !== undefined
    const headers = { ...remote.headers, ...(resume && rangeHeaders(remote, state, have)) }
    const answer = await request(remote.url, { headers, signal: watchdog.signal })
    onAnswer()
    watchdog.alive()
    try {
      const next = resume && continues(answer, state, have) ? state : begins(remote, answer)
      if (next !== state) await sink.restart(next)
      await receive(remote, answer, sink, next, watchdog)
      return { ...next, total: sink.size }
    } finally {
      answer.discard()
    }
  } catch (cause) {
    // What a stopped request throws differs; why it was stopped is known.
    if (watchdog.signal.aborted && !signal.aborted) {
      throw new Interruption((watchdog.signal.reason as Error).message, { cause })
    }
    if (isOurs(cause)) throw cause
    throw new Interruption(connectionFailure(cause), { cause })
  } finally {
    watchdog.end()
  }
}

const isOurs = (error: unknown) =>
  error instanceof Interruption || error instanceof NoRoomError || error instanceof VitrineError

function rangeHeaders(remote: Remote, { version }: PartState, have: number) {
  const range = `bytes=${have}-`
  // A weak mark says too little, and another site's page may not send it without being asked first.
  const mayAsk = !version!.startsWith('W/') && !isForeign(remote.url)
  return { range, ...(mayAsk && { 'if-range': version! }) }
}

const isForeign = (url: string) => {
  const { location } = globalThis as { location?: Location }
  return location !== undefined && new URL(url).origin !== location.origin
}

/** Is this the rest of what is there? Throws where the server can't say what it is. */
function continues(answer: HttpResponse, state: PartState, have: number): boolean {
  if (answer.status !== 206 && answer.status !== 416) return false
  const total = rangeTotal(answer, have)
  const version = versionOf(answer)
  // Another range, another file, or no word of it: then from the beginning.
  const same = total !== undefined && (state.total ?? total) === total
  if (same && (version === null || version === state.version)) return true
  throw new Interruption('the file changed while it came', { stale: true })
}

/** The first byte is to come: of which version, and how many. */
function begins(remote: Remote, answer: HttpResponse): PartState {
  const { status } = answer
  if (status !== 200) throw refusal(remote, answer)
  const total = declaredLength(answer)
  const version = versionOf(answer)
  checkLength(remote, total)
  // What was compressed on the way can't be asked for from a place on.
  const plain = answer.header('content-encoding') === null
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
      `${remote.name} has ${length} bytes on the server; its publisher says ${remote.size}.`,
    )
  }
}

async function receive(
  remote: Remote,
  answer: HttpResponse,
  sink: Sink,
  { total }: PartState,
  watchdog: Watchdog,
): Promise<void> {
  let received = answer.status === 206 ? sink.size : 0
  for await (const bytes of answer.chunks(true)) {
    watchdog.alive()
    received += bytes.length
    if (total !== undefined && received > total) {
      throw new Interruption(`more came than the ${total} bytes announced`, { stale: true })
    }
    if (total === undefined) checkReceived(remote, received)
    await sink.append(bytes)
  }
  watchdog.signal.throwIfAborted()
  await sink.flush()
  if (total !== undefined && received < total) {
    throw new Interruption(`it broke off after ${received} of ${total} bytes`)
  }
  if (total === undefined) checkLength(remote, received)
}

function checkReceived(remote: Remote, received: number): void {
  if (received > remote.maxBytes) checkLength(remote, received)
}

function refusal(remote: Remote, answer: HttpResponse): Error {
  const { status } = answer
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500
  if (retryable) {
    return new Interruption(`HTTP ${status}`, { pause: retryAfter(answer.header('retry-after')) })
  }
  const reasons: Readonly<Record<number, string>> = {
    401: 'the server wants to know who asks (HTTP 401)',
    403: 'the server does not allow it (HTTP 403)',
    404: 'the server has no such file (HTTP 404)',
    410: 'the server has it no longer (HTTP 410)',
  }
  const reason = reasons[status] ?? `HTTP ${status}`
  const advice = remote.advice && status < 405 ? ` ${remote.advice}` : ''
  return new RefusedError(`Can't download ${remote.name}: ${reason}.${advice}`, status)
}

/** Seconds, or a date. */
function retryAfter(text: string | null): number | undefined {
  if (text === null) return undefined
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return milliseconds >= 0 ? milliseconds : undefined
}
