import { Counter, Gauge, Histogram, type Metric } from './metrics.ts'

/** Upper bounds in seconds: from a tiny model on many threads to a large one behind a queue. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What is shown of a model. */
export interface ModelState {
  readonly name: string
  readonly isReady: boolean
  /** Images and texts that wait or run. */
  readonly pending: number
}

/** What a server counts and measures. Labels are names of models, routes and the like, never a client's text. */
export class ServerMetrics {
  readonly requests = new Histogram(
    'vitrine_request_duration_seconds',
    'From a request to its answer.',
    SECONDS,
  )
  readonly refused = new Counter(
    'vitrine_refused_requests_total',
    'Requests without a result, by reason.',
  )
  readonly items = new Counter('vitrine_items_total', 'Images and texts that were computed.')
  readonly queue = new Histogram(
    'vitrine_queue_seconds',
    'How long an image waited in the queue.',
    SECONDS,
  )
  readonly decode = new Histogram(
    'vitrine_decode_seconds',
    'Decoding, resizing and normalising an image.',
    SECONDS,
  )
  readonly compute = new Histogram(
    'vitrine_compute_seconds',
    'Computing an image or the texts of a request, waiting for a thread included.',
    SECONDS,
  )
  readonly batch = new Histogram(
    'vitrine_request_items',
    'Images or texts of a request.',
    [1, 2, 4, 8, 16, 32, 64],
  )
  readonly #gauges: readonly Metric[]

  constructor(state: {
    models(): Iterable<ModelState>
    isReady(): boolean
    inFlight(): number
  }) {
    const flag = (value: boolean) => (value ? 1 : 0)
    const each = (read: (model: ModelState) => number) =>
      [...state.models()].map((model) => [{ model: model.name }, read(model)] as const)
    this.#gauges = [
      new Gauge('vitrine_ready', 'Whether the server is ready.', () => [
        [{}, flag(state.isReady())],
      ]),
      new Gauge('vitrine_model_ready', 'Whether a model is loaded and warm.', () =>
        each(({ isReady }) => flag(isReady)),
      ),
      new Gauge('vitrine_pending_items', 'Images and texts that wait or run.', () =>
        each(({ pending }) => pending),
      ),
      new Gauge('vitrine_requests_in_flight', 'Requests that are not answered yet.', () => [
        [{}, state.inFlight()],
      ]),
    ]
  }

  /** All of them in the text format of Prometheus. */
  expose(): string {
    const { requests, refused, items, queue, decode, compute, batch } = this
    const all = [requests, refused, items, queue, decode, compute, batch, ...this.#gauges]
    return all.map((metric) => metric.expose()).join('')
  }
}
