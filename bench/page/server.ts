import type { BrowserPlan, PrepareRequest, ServerState } from '../browser/plan.ts'
import type { Case } from '../cases/case.ts'
import { EngineError } from '../drive/errors.ts'

/**
 * Asks the server that the page comes from.
 * @throws EngineError with what the server says
 */
async function ask<T>(path: string, body?: unknown): Promise<T> {
  const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(path, request).catch(() => {
    throw new EngineError('failed', 'the server of this page does not answer; was it stopped?')
  })
  const answer = await response.json()
  if (response.ok) return answer
  throw new EngineError(answer.status ?? 'failed', answer.message)
}

/** The server's side of the page. */
export const server = {
  state: () => ask<ServerState>('/state'),
  plan: () => ask<BrowserPlan>('/plan'),
  /** Writes a model for an engine; returns where its files are served. */
  prepare: (request: PrepareRequest) => ask<{ files: string }>('/prepare', request),
  clear: (bench: Case) => ask('/clear', bench),
  post: (what: 'progress' | 'report' | 'failure', body: unknown) => ask(`/${what}`, body),
}
