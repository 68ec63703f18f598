import type { Handler } from './call.ts'
import type { ErrorForm } from './http/error-response.ts'

/** A method and a path, and what answers them. */
export interface Route {
  readonly method: 'get' | 'post'
  /** Names in braces are parts of the path. */
  readonly path: string
  readonly handler: Handler
  readonly errors?: ErrorForm
}
