import { clientGone, Refusal } from './refusal.ts'

/** What a request turns out to be, for metrics and the log. */
export interface Facts {
  route: string
  model?: string
  items: number
  bytes: number
  queueMs?: number
  error?: string
}

/** One request on its way to an answer. */
export class Exchange {
  readonly request: Request
  /** The address of the client, if it is known. */
  readonly client: string | undefined
  readonly began = performance.now()
  readonly facts: Facts = { route: 'none', items: 0, bytes: 0 }
  readonly #stop = new AbortController()
  readonly #gone = () => this.#stop.abort(clientGone())
  readonly #timers: ReturnType<typeof setTimeout>[] = []
  readonly #timeout: number
  #hasBody = false

  /** @param timeout how long it may take, in milliseconds */
  constructor(request: Request, client: string | undefined, timeout: number) {
    this.request = request
    this.client = client
    this.#timeout = timeout
    if (request.signal.aborted) this.#gone()
    else request.signal.addEventListener('abort', this.#gone)
    this.endWithin(timeout)
  }

  /** Aborted when the client leaves or the time is over. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** From now on, being late is a matter of this server. */
  hasBody(bytes: number): void {
    this.#hasBody = true
    this.facts.bytes = bytes
  }

  /** Ends it after so many milliseconds since it began, or after the server's own limit. */
  endWithin(wanted: number): void {
    const ms = Math.min(wanted, this.#timeout)
    const left = Math.max(0, this.began + ms - performance.now())
    this.#timers.push(setTimeout(() => this.#stop.abort(this.#late(ms)), left))
  }

  close(): void {
    this.request.signal.removeEventListener('abort', this.#gone)
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #late(ms: number): Refusal {
    return this.#hasBody
      ? new Refusal(504, `The request was not answered within ${ms} ms, which is its deadline.`)
      : new Refusal(408, `The body did not come within ${ms} ms.`)
  }
}
