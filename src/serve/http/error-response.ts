import type { Refusal } from './refusal.ts'

/** How an error is told: as the Open Inference Protocol and Hugging Face do it, or as OpenAI does. */
export type ErrorForm = 'plain' | 'openai'

export function errorResponse({ status, message, headers }: Refusal, form: ErrorForm): Response {
  const type = status < 500 ? 'invalid_request_error' : 'server_error'
  const error = form === 'plain' ? message : { message, type, param: null, code: null }
  return Response.json({ error }, { status, headers })
}
