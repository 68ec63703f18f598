import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Server } from '../server.ts'

/** Options of `nodeHandler`. */
export interface NodeHandlerOptions {
  /**
   * Whether the last address of `X-Forwarded-For` is the client's: only behind a proxy that sets it, since clients can
   * set it too. False by default.
   */
  trustProxy?: boolean | undefined
}

/** What `node:http` calls with an `IncomingMessage` and a `ServerResponse`. */
export type NodeHandler = (request: object, response: object) => Promise<void>

/**
 * A server's `fetch` for `node:http`, Express and the like.
 * @param server what `createServer` makes
 */
export function nodeHandler(
  server: Pick<Server, 'fetch'>,
  { trustProxy = false }: NodeHandlerOptions = {},
): NodeHandler {
  const listener = getRequestListener(
    (request, { incoming }) =>
      server.fetch(request, addressOf(incoming as IncomingMessage, trustProxy)),
    // Other parts of the program may rely on the globals that they know.
    { overrideGlobalObjects: false },
  )
  return (request, response) => listener(request as IncomingMessage, response as ServerResponse)
}

function addressOf({ headers, socket }: IncomingMessage, trustProxy: boolean) {
  const forwarded = trustProxy ? String(headers['x-forwarded-for'] ?? '') : ''
  const last = forwarded.split(',').at(-1)!.trim()
  const address = last === '' ? socket.remoteAddress : last
  return address === undefined ? {} : { clientAddress: address }
}
