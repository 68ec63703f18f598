import { ArgumentError } from '../errors.ts'
import { show } from '../show.ts'
import { version } from '../version.ts'
import type { Call } from './call.ts'
import { BodyBudget, readBody } from './http/body.ts'
import { ClientLimit } from './http/client-limit.ts'
import { type ErrorForm, errorResponse } from './http/error-response.ts'
import { Exchange } from './http/exchange.ts'
import { isUnexpected, noModel, refusalOf } from './http/refusal.ts'
import { ServerMetrics } from './metrics/server-metrics.ts'
import { readServerOptions, type ServerOptions, type Settings } from './options.ts'
import type { Route } from './route.ts'
import { router, routesOf } from './routes.ts'
import { ServedModel, type Source } from './served-model.ts'

/** What the listener knows of a request. */
export interface RequestInfo {
  /** The client's address, for `maxPerClient` and the log. */
  readonly clientAddress?: string
}

/** A server of models. It opens no socket: it answers requests that something else has received. */
export class Server {
  readonly #settings: Settings
  readonly #models = new Map<string, ServedModel>()
  readonly #starting: readonly ServedModel[]
  readonly #budget: BodyBudget
  readonly #metrics: ServerMetrics
  readonly #route: (exchange: Exchange) => Promise<Response>
  readonly #clients: ClientLimit | undefined
  readonly #onIdle: (() => void)[] = []
  #inFlight = 0
  #isDraining = false
  #loaded: Promise<void> | undefined

  /** @internal Use `createServer`. */
  constructor(models: Readonly<Record<string, Source>>, settings: Settings) {
    this.#settings = settings
    this.#budget = new BodyBudget(settings.maxBodiesBytes)
    this.#metrics = new ServerMetrics({
      models: () => this.#models.values(),
      isReady: () => this.isReady,
      inFlight: () => this.#inFlight,
    })
    for (const [name, source] of Object.entries(models)) this.#add(name, source)
    if (this.#models.size === 0) throw new ArgumentError('A server needs one model or more.')
    this.#starting = [...this.#models.values()]
    const { maxPerClient } = settings
    this.#clients = maxPerClient === undefined ? undefined : new ClientLimit(maxPerClient)
    const state = {
      version,
      isReady: () => this.isReady,
      metrics: () => this.#metrics.expose(),
    }
    this.#route = router(
      routesOf(state, settings.page),
      (...call) => this.#call(...call),
      (exchange, refusal) => this.#failed(exchange, refusal, 'plain'),
    )
  }

  /** The most bytes of a request's body. */
  get maxBodyBytes(): number {
    return this.#settings.maxBodyBytes
  }

  /** Whether the models that it began with are loaded and warm, and it is not being drained. */
  get isReady(): boolean {
    return !this.#isDraining && this.#starting.every(({ isReady }) => isReady)
  }

  /**
   * Answers a request; never rejects. It is a property, so that it can be passed on as it is.
   * @param info what the listener knows of the request
   */
  readonly fetch = async (request: Request, info?: RequestInfo): Promise<Response> => {
    const address: unknown = info?.clientAddress
    const client = typeof address === 'string' ? address : undefined
    const exchange = new Exchange(request, client, this.#settings.timeout)
    this.#inFlight++
    // Where nothing was loaded before, such as in a worker of an edge platform, the first request begins it.
    this.ready().catch(() => {})
    let response: Response
    try {
      response = await this.#route(exchange)
    } catch (error) {
      response = this.#failed(exchange, error, 'plain')
    }
    exchange.close()
    this.#inFlight--
    this.#record(exchange, response.status)
    if (this.#inFlight === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
    return response
  }

  /**
   * Loads the models, and computes a picture with each, so that the first request is as fast as others.
   * @throws what the first model that fails throws
   */
  async ready(): Promise<void> {
    this.#loaded ??= Promise.all(this.#starting.map((model) => model.load())).then(() => {})
    return this.#loaded
  }

  /**
   * Serves another model. The server stays ready while it is loaded.
   * @throws ArgumentError for a name that is taken or can't stand in a path; what loading throws
   */
  async add(name: string, source: Source): Promise<void> {
    await this.#add(name, source).load()
  }

  /**
   * Tells probes that the server is not ready any more. Requests are answered nevertheless.
   * @returns when all requests that have come are answered
   */
  async drain(): Promise<void> {
    this.#isDraining = true
    while (this.#inFlight > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  /** Lets go of workers that decode images, and refuses requests from now on. The models stay the caller's. */
  dispose(): void {
    this.#isDraining = true
    for (const model of this.#models.values()) model.dispose()
  }

  #add(name: string, source: Source): ServedModel {
    if (!/^[\w.:-]{1,128}$/.test(name) || this.#models.has(name)) {
      throw new ArgumentError(
        `A model's name is 1 to 128 letters, digits, or ._:-, and not that of another; not ${show(name)}.`,
      )
    }
    const model = new ServedModel(name, source, this.#settings, this.#metrics)
    this.#models.set(name, model)
    return model
  }

  async #call(exchange: Exchange, params: Call['params'], route: Route): Promise<Response> {
    const { facts, client } = exchange
    facts.route = route.path
    let kept = 0
    let leave: (() => void) | undefined
    try {
      // Probes and metrics are never limited.
      if (route.method === 'post' && client !== undefined) leave = this.#clients?.enter(client)
      const take = (bytes: number) => {
        this.#budget.take(bytes)
        kept += bytes
      }
      return await route.handler(this.#callOf(exchange, params, take))
    } catch (error) {
      return this.#failed(exchange, error, route.errors ?? 'plain')
    } finally {
      this.#budget.give(kept)
      leave?.()
    }
  }

  #callOf(exchange: Exchange, params: Call['params'], take: (bytes: number) => void): Call {
    const { facts, request, signal } = exchange
    return {
      exchange,
      params,
      settings: this.#settings,
      models: this.#models,
      model: (name) => {
        const model = name === undefined ? this.#starting[0] : this.#models.get(name)
        if (!model) throw noModel(name!, [...this.#models.keys()])
        facts.model = model.name
        return model
      },
      body: async () => {
        const { maxBodyBytes: maxBytes } = this.#settings
        const bytes = await readBody(request, { maxBytes, take, signal })
        exchange.hasBody(bytes.length)
        return bytes
      },
      onWaited: (ms) => {
        facts.queueMs ??= ms
      },
    }
  }

  #failed(exchange: Exchange, error: unknown, form: ErrorForm): Response {
    // What is thrown because of an abort is no reason of its own.
    const { signal, facts } = exchange
    const cause = signal.aborted ? signal.reason : error
    if (isUnexpected(cause)) tell(this.#settings.onError, cause)
    const refusal = refusalOf(cause)
    facts.error = refusal.message
    return errorResponse(refusal, form)
  }

  #record({ request, client, facts, began }: Exchange, status: number): void {
    const { route, model = '', items, error, queueMs } = facts
    const ms = performance.now() - began
    this.#metrics.requests.observe({ route, model, status: String(status) }, ms / 1000)
    if (error !== undefined) this.#metrics.refused.add({ model, reason: reasonOf(status) })
    if (items > 0) this.#metrics.batch.observe({ model }, items)
    tell(this.#settings.onRequest, {
      time: new Date(Date.now() - ms).toISOString(),
      method: request.method,
      route,
      status,
      ...(model !== '' && { model }),
      items,
      bytes: facts.bytes,
      ...(client !== undefined && { client }),
      ms: rounded(ms),
      ...(queueMs !== undefined && { queueMs: rounded(queueMs) }),
      ...(error !== undefined && { error }),
    })
  }
}

/** The caller's own function must not change an answer. */
function tell<T>(listener: ((about: T) => void) | undefined, about: T): void {
  try {
    listener?.(about)
  } catch (error) {
    console.error('vitrine:', error)
  }
}

const rounded = (ms: number) => Math.round(ms * 100) / 100

/** For the metric of refusals. */
const reasons: Readonly<Record<number, string>> = {
  408: 'body_timeout',
  413: 'too_large',
  429: 'client_limit',
  499: 'client_gone',
  503: 'unavailable',
  504: 'deadline',
}

const reasonOf = (status: number) => reasons[status] ?? (status < 500 ? 'bad_request' : 'internal')

/**
 * Makes a server of models.
 * @param models by the names that requests use: models, promises of them, or functions that load them. They stay the
 *   caller's: `dispose()` of the server does not dispose them
 * @param options limits and the like; all have defaults
 * @throws ArgumentError for names that can't stand in a path, for no model, and for options
 */
export function createServer(
  models: Readonly<Record<string, Source>>,
  options?: ServerOptions,
): Server {
  return new Server(models, readServerOptions(options))
}
