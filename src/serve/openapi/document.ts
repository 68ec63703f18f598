import type { Settings } from '../options.ts'
import type { Route } from '../route.ts'
import type { ServedModel } from '../served-model.ts'
import { operations } from './operations.ts'
import { errorBody, schemas } from './schemas.ts'

/** What the document is made from. */
export interface Described {
  readonly version: string
  readonly models: ReadonlyMap<string, ServedModel>
  readonly settings: Settings
  readonly routes: readonly Route[]
}

/** Why a route that reads a body may refuse it. */
const refusals: Readonly<Record<number, string>> = {
  400: 'The request is wrong; the message says what is expected',
  408: 'The body did not come in time',
  413: 'The body, an image or the number of images exceeds a limit',
  415: 'The Content-Encoding is not known, or the bytes are no JPEG, PNG or WebP',
  429: 'This client has too many requests under way, or the queue is full, as the server is set up',
  500: 'The server failed',
  503: 'The queue is full, or the model is not loaded',
  504: 'The deadline passed',
}

const retryAfter = {
  description: 'Seconds until it makes sense to try again',
  schema: { type: 'integer', minimum: 1 },
}

/** The OpenAPI 3.1 document of a server: its routes, models and limits as they are. */
export function openApi({ version, models, settings, routes }: Described) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method]: operation(route, [...models.keys()]),
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'vitrine',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: `Models of images: the Open Inference Protocol, and the forms of Hugging Face and OpenAI. Bodies have at most ${settings.maxBodyBytes} bytes, requests ${settings.maxItems} images or texts.`,
    },
    paths,
    components: { schemas: schemas(settings, [...models.keys()]) },
  }
}

function operation(route: Route, names: readonly string[]) {
  const { success, parameters = [], ...rest } = operations[`${route.method} ${route.path}`]!
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(name === 'model' ? { enum: names } : { const: '1' }) },
  }))
  const inQuery = parameters.map(({ name, ...given }) =>
    name === 'model'
      ? { name, ...given, schema: { type: 'string', enum: names } }
      : { name, ...given },
  )
  const content = { 'application/json': { schema: errorBody(route.errors ?? 'plain') } }
  const refused = route.method === 'post' ? Object.keys(refusals).map(Number) : []
  const named = inPath.length > 0 || route.path === '/classify' || route.path === '/v1/embeddings'
  const statuses = new Set([...refused, ...(named ? [404, 503] : [])])
  const failures = [...statuses].map((status) => [
    status,
    {
      description: refusals[status] ?? 'There is no such model or version',
      ...([429, 503].includes(status) && { headers: { 'Retry-After': retryAfter } }),
      content,
    },
  ])
  return {
    ...rest,
    ...(inPath.length + inQuery.length > 0 && { parameters: [...inPath, ...inQuery] }),
    responses: { ...Object.fromEntries(failures), ...success },
  }
}
