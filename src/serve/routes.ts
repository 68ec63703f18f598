import { Hono } from 'hono/tiny'
import type { Call, Handler } from './call.ts'
import { classify } from './classify/classify.ts'
import { embeddings, listModels } from './embeddings/embeddings.ts'
import type { Exchange } from './http/exchange.ts'
import { Refusal } from './http/refusal.ts'
import { openApi } from './openapi/document.ts'
import { page } from './page/page.ts'
import type { Route } from './route.ts'
import { infer } from './v2/infer.ts'
import { modelMetadata, requireVersion, serverMetadata } from './v2/metadata.ts'

/** What the routes need to know of the server. */
export interface ServerState {
  readonly version: string
  isReady(): boolean
  metrics(): string
}

/** All routes of a server. */
export function routesOf(state: ServerState, hasPage: boolean): Route[] {
  const ready = () => {
    const isReady = state.isReady()
    return Response.json({ ready: isReady }, { status: isReady ? 200 : 503 })
  }
  const metadata: Handler = (call) => Response.json(modelMetadata(...modelOf(call)))
  const modelReady: Handler = (call) => {
    const model = call.model(call.params.model)
    requireVersion(call.params.version, model.name)
    const { name, isReady } = model
    return Response.json({ name, ready: isReady }, { status: isReady ? 200 : 503 })
  }
  const text = (body: string, type: string) =>
    new Response(body, { headers: { 'Content-Type': type } })
  const routes: Route[] = [
    { method: 'get', path: '/v2', handler: () => Response.json(serverMetadata(state.version)) },
    { method: 'get', path: '/v2/health/live', handler: () => Response.json({ live: true }) },
    { method: 'get', path: '/v2/health/ready', handler: ready },
    ...['/v2/models/{model}', '/v2/models/{model}/versions/{version}'].flatMap((path): Route[] => [
      { method: 'get', path, handler: metadata },
      { method: 'get', path: `${path}/ready`, handler: modelReady },
      { method: 'post', path: `${path}/infer`, handler: infer },
    ]),
    { method: 'post', path: '/classify', handler: classify },
    { method: 'post', path: '/models/{model}/classify', handler: classify },
    { method: 'post', path: '/v1/embeddings', handler: embeddings, errors: 'openai' },
    { method: 'get', path: '/v1/models', handler: listModels, errors: 'openai' },
    {
      method: 'get',
      path: '/metrics',
      handler: () => text(state.metrics(), 'text/plain; version=0.0.4; charset=utf-8'),
    },
    {
      method: 'get',
      path: '/openapi.json',
      handler: ({ models, settings }) =>
        Response.json(openApi({ version: state.version, models, settings, routes })),
    },
  ]
  if (hasPage) routes.push({ method: 'get', path: '/', handler: page })
  return routes
}

function modelOf(call: Call) {
  const model = call.model(call.params.model)
  requireVersion(call.params.version, model.name)
  return [model.name, model.offer] as const
}

/** A request that found its route. */
export type Answer = (exchange: Exchange, params: Call['params'], route: Route) => Promise<Response>

interface Env {
  readonly Bindings: { readonly exchange: Exchange }
}

/**
 * Finds the route of a request.
 * @param answer calls the route's handler
 * @param refuse tells what is wrong where no handler is called
 */
export function router(
  routes: readonly Route[],
  answer: Answer,
  refuse: (exchange: Exchange, refusal: Refusal) => Response,
): (exchange: Exchange) => Promise<Response> {
  const app = new Hono<Env>({ strict: false })
  const pathOf = ({ path }: Route) => path.replace(/\{(\w+)\}/g, ':$1')
  for (const route of routes) {
    app.on(route.method.toUpperCase(), pathOf(route), (c) =>
      answer(c.env.exchange, c.req.param() as Call['params'], route),
    )
  }
  for (const path of new Set(routes.map(pathOf))) {
    const methods = routes.filter((route) => pathOf(route) === path).map(({ method }) => method)
    const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : ['POST']))
    app.all(path, (c) => {
      const { exchange } = c.env
      exchange.facts.route = path.replace(/:(\w+)/g, '{$1}')
      const message = `This path has ${allowed.join(', ')}, not ${c.req.method}.`
      return refuse(exchange, new Refusal(405, message, { Allow: allowed.join(', ') }))
    })
  }
  app.notFound((c) =>
    refuse(c.env.exchange, new Refusal(404, 'There is no such path; /openapi.json lists all.')),
  )
  return async (exchange) => app.fetch(exchange.request, { exchange })
}
