/** A request that is not answered with a result: an HTTP status, and a message for people. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.headers = headers
  }
}

/** What is wrong with a request itself. */
export const badRequest = (message: string) => new Refusal(400, message)

/** The reason of the abort of a request whose client has left; nobody reads its answer. */
export const clientGone = () => new Refusal(499, 'The client closed the connection.')

/** @param name of a model that is not served */
export const noModel = (name: string, names: readonly string[]) =>
  new Refusal(404, `There is no model ${quoted(name)}; there is ${names.join(', ')}.`)

/** At most 60 characters of a text of the client's. */
export const quoted = (text: string) =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** Statuses of this package's errors, by their codes: other bundles of it have classes of their own. */
const statusOf: Readonly<Record<string, number>> = {
  ARGUMENT: 400,
  FORMAT: 400,
  SOURCE: 400,
  LIMIT: 413,
  UNSUPPORTED: 415,
  CHECKPOINT: 500,
  NUMERIC: 500,
  WORKER: 500,
  GPU: 500,
  DISPOSED: 503,
  MEMORY: 503,
}

/**
 * What a client gets of an error.
 * @returns a refusal; one that says nothing of an error that is not expected, which is a fault of ours
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (error instanceof Error && typeof code === 'string' && Object.hasOwn(statusOf, code)) {
    const status = statusOf[code]!
    return new Refusal(status, String(message), status === 503 ? { 'Retry-After': '1' } : {})
  }
  return new Refusal(500, 'The server failed to answer; its log says why.')
}

/** Whether an error is none that this package throws on purpose. */
export const isUnexpected = (error: unknown): boolean =>
  !(error instanceof Refusal) &&
  !Object.hasOwn(statusOf, String((error as { code?: unknown })?.code))
