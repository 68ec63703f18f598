import { EngineError } from '../drive/errors.ts'
import type { SuiteEvents } from '../drive/suite.ts'
import type { Report } from '../report/report.ts'
import { findBrowser } from './find.ts'
import { launch } from './launch.ts'
import type { BrowserPlan } from './plan.ts'
import { BenchServer } from './server.ts'

export interface BrowserRun {
  /** `chromium`, `firefox`, or the path of a program that is one of them. */
  readonly browser: string
  readonly plan: BrowserPlan
  /** Version of this package. */
  readonly vitrine: string
  readonly signal: AbortSignal
  readonly events?: SuiteEvents
  /** Flags for the browser besides ours. */
  readonly flags?: readonly string[]
  /** The built page, where it is not `build/page` of the package. */
  readonly page?: string
}

/** How long a page may take to ask for its first answer, and how long to come back, in milliseconds. */
const START = 60_000
const ABSENCE = 5_000

/** How long a page that was told to stop has to hand over what it has, in milliseconds. */
const LAST_WORDS = 8_000

/**
 * Measures in a browser without a window.
 * @returns the page's report; where the signal says stop, of what was measured until then
 * @throws SourceError, ArgumentError where there is no such browser; EngineError where the browser or
 *   its page ends before it is done
 */
export async function benchInBrowser(run: BrowserRun): Promise<Report> {
  const { plan, vitrine, signal, events, page } = run
  signal.throwIfAborted()
  const browser = findBrowser(run.browser)
  const { promise, resolve, reject } = withResolvers<Report>()
  const fail = (message: string) => reject(new EngineError('failed', message))
  const absent = (time: number, what: string) => setTimeout(() => fail(what), time)
  let over = false
  let timer = absent(START, `${browser.program} does not open the page`)
  const server = await BenchServer.start({
    vitrine,
    plan,
    ...(page !== undefined && { page }),
    onReport: resolve,
    onFailure: fail,
    onProgress({ doing, current, at, done }) {
      if (done) events?.onCase?.(current, at)
      else events?.onProgress?.(doing, current, at)
    },
    // A page that crashed listens no more.
    onPages(count) {
      if (over) return
      clearTimeout(timer)
      if (count === 0) timer = absent(ABSENCE, 'the page went away; was there enough memory?')
    },
  })
  const launched = launch(browser, `${server.url}#run`, run.flags ?? [])
  launched.ended.then((why) => fail(`${browser.program}: ${why}`))
  const stop = () => {
    over = true
    const told = server.stop()
    clearTimeout(timer)
    if (told === 0) return reject(signal.reason)
    timer = setTimeout(() => reject(signal.reason), LAST_WORDS)
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await promise
  } finally {
    over = true
    signal.removeEventListener('abort', stop)
    clearTimeout(timer)
    await launched.kill()
    await server.close()
  }
}

/**
 * Serves the page on this machine until the signal aborts.
 * @param onUrl told the page's address
 */
export async function serveBench(
  options: { readonly vitrine: string; readonly page?: string },
  signal: AbortSignal,
  onUrl: (url: string) => void,
): Promise<void> {
  const server = await BenchServer.start(options)
  try {
    onUrl(server.url)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    await server.close()
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
