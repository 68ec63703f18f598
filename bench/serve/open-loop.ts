import { Agent, type ClientRequest, request } from 'node:http'
import { random } from '../../test/random.ts'

/** Requests that come when they come, whatever the server does: at a rate, at random times. */
export interface Arrivals {
  readonly url: string
  readonly body: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Requests for each second. */
  readonly rate: number
  readonly seconds: number
  /** Whether connections are kept and used again. Otherwise each request has its own. */
  readonly keepAlive?: boolean
  readonly seed?: number
}

/** What became of one request. Times are in seconds since the first was due. */
export interface Outcome {
  readonly due: number
  /** When it was sent: later than due where the sender itself is late. */
  readonly sent: number
  readonly ended: number
  /** The status of a whole response, or why there is none, such as `ECONNREFUSED`. */
  readonly status: number | string
  readonly retryAfter?: string | undefined
  readonly id?: string | undefined
}

/**
 * Sends requests in open loop: a slow server does not slow the arrivals, as it would if each of some clients waited for
 * its answer. Latency counts from the time when a request was due.
 * @param sent is told of each request when it is sent
 */
export async function openLoop(
  { url, body, headers, rate, seconds, keepAlive = false, seed = 1 }: Arrivals,
  sent: (index: number) => void = () => {},
): Promise<Outcome[]> {
  const next = random(seed)
  const due: number[] = []
  // Times between arrivals that know nothing of each other are exponentially distributed.
  const gap = () => -Math.log(1 - next()) / rate
  for (let at = 0; at < seconds; at += gap()) due.push(at)
  const agent = new Agent({ keepAlive, maxSockets: Number.POSITIVE_INFINITY })
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / 1000
  const outcomes = due.map(async (at, index): Promise<Outcome> => {
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, at * 1000 - (performance.now() - start))),
    )
    sent(index)
    const began = elapsed()
    const answer = await post(url, body, { ...headers, 'x-request-id': String(index) }, agent)
    return { due: at, sent: began, ended: elapsed(), ...answer }
  })
  const all = await Promise.all(outcomes)
  agent.destroy()
  return all
}

type Answer = Pick<Outcome, 'status' | 'retryAfter' | 'id'>

function post(
  url: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
  agent: Agent,
): Promise<Answer> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resolve({ status: error.code ?? error.message })
    const call: ClientRequest = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('error', failed)
      response.once('end', () =>
        resolve({
          status: response.complete ? response.statusCode! : 'truncated',
          retryAfter: response.headers['retry-after'],
          id: response.headers['x-request-id'] as string | undefined,
        }),
      )
    })
    call.once('error', failed)
    call.end(body)
  })
}

/** The number below which a part of the values lies, by the nearest rank. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}

/** How many outcomes each status has. */
export function count(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/**
 * How many accepted requests ended while one waited, at most. A queue bounds it, on any machine: before a request that
 * is accepted lie at most those that run and those that wait.
 */
export function mostBefore(outcomes: readonly Outcome[]): number {
  const accepted = outcomes.filter(({ status }) => status === 200)
  const ends = accepted.map(({ ended }) => ended).sort((a, b) => a - b)
  const endedBy = (time: number) => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (ends[middle]! < time) low = middle + 1
      else high = middle
    }
    return low
  }
  return Math.max(0, ...accepted.map(({ due, ended }) => endedBy(ended) - endedBy(due)))
}
