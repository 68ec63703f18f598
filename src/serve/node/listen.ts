import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { readOptions } from '../../check-fields.ts'
import { SourceError } from '../../errors.ts'
import { type Fields, flag, milliseconds, text, whole } from '../../fields.ts'
import type { Server } from '../server.ts'
import { limitConnections } from './connections.ts'
import { nodeHandler } from './node-handler.ts'

/** Options of `listen`. */
export interface ListenOptions {
  /** The port, 0 for any that is free; 8000 by default. */
  port?: number | undefined
  /** The address; `127.0.0.1`, which only this machine reaches, by default. */
  host?: string | undefined
  /** How long a client may take for the headers of a request, in milliseconds; 10,000 by default. */
  headersTimeout?: number | undefined
  /** The same for a request with its body, and for reading the answer; 30,000 by default. */
  requestTimeout?: number | undefined
  /** How long a connection stays open between requests, in milliseconds; 65,000 by default. */
  keepAliveTimeout?: number | undefined
  /** How many connections are open; 4,096 by default. One more takes the place of one that has no request. */
  maxConnections?: number | undefined
  /** How long requests are still accepted when the listener is closed, in milliseconds; 5,000 by default. */
  drainDelay?: number | undefined
  /** How long requests may take then, in milliseconds, until their connections are cut; 30,000 by default. */
  drainTimeout?: number | undefined
  /**
   * Whether the last address of `X-Forwarded-For` is the client's: only behind a proxy that sets it. False by default.
   */
  trustProxy?: boolean | undefined
}

const listenFields: Fields<ListenOptions> = {
  port: whole(0, 65_535),
  host: text,
  headersTimeout: milliseconds(1),
  requestTimeout: milliseconds(1),
  keepAliveTimeout: milliseconds(0),
  maxConnections: whole(1),
  drainDelay: milliseconds(0),
  drainTimeout: milliseconds(0),
  trustProxy: flag,
}

/** An open port. */
export interface Listener {
  /** Where the server is, with a slash at its end. */
  readonly url: string
  /** The port, also where any that is free was wanted. */
  readonly port: number
  /**
   * Ends: readiness is 503 at once, requests are accepted for `drainDelay` more milliseconds, then the port is closed.
   * @param delay instead of `drainDelay`
   * @returns when all requests are answered, or `drainTimeout` is over
   */
  close(delay?: number): Promise<void>
}

/**
 * Serves on a port, with limits of time and connections that are fit for the open.
 * @param server what `createServer` makes; it stays the caller's
 * @throws SourceError for a port that is in use or not allowed; ArgumentError for options
 */
export async function listen(
  server: Pick<Server, 'fetch' | 'drain' | 'maxBodyBytes'>,
  given?: ListenOptions,
): Promise<Listener> {
  const {
    port = 8000,
    host = '127.0.0.1',
    headersTimeout = 10_000,
    requestTimeout = 30_000,
    keepAliveTimeout = 65_000,
    maxConnections = 4096,
    drainDelay = 5000,
    drainTimeout = 30_000,
    trustProxy = false,
  } = readOptions('listen', listenFields, given)
  const http = createHttpServer({
    headersTimeout: Math.min(headersTimeout, requestTimeout),
    requestTimeout,
    keepAliveTimeout,
    // How often the two time limits are checked.
    connectionsCheckingInterval: Math.max(50, Math.min(1000, headersTimeout / 4)),
  })
  limitConnections(http, maxConnections)
  const handle = nodeHandler(server, { trustProxy })
  let isClosing = false
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    // A client that keeps its connection would send the next request to a port that is about to close.
    if (isClosing) response.setHeader('Connection', 'close')
    void handle(request, response).then(() => cutSlowReader(response, requestTimeout))
  }
  http.on('request', answer)
  // A client that asks first sends no body that would be refused.
  http.on('checkContinue', (request, response) => {
    const length = Number(request.headers['content-length'] ?? 0)
    if (length <= server.maxBodyBytes) response.writeContinue()
    answer(request, response)
  })
  await open(http, port, host)
  const { port: opened } = http.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  let closed: Promise<void> | undefined
  const close = async (delay: number) => {
    isClosing = true
    const drained = server.drain()
    await passed(delay)
    const over = new Promise<void>((resolve) => http.close(() => resolve()))
    const cut = setTimeout(() => http.closeAllConnections(), drainTimeout)
    // Connections become idle one after the other, when their answers are sent.
    const idle = setInterval(() => http.closeIdleConnections(), 50)
    await Promise.all([over, drained])
    clearTimeout(cut)
    clearInterval(idle)
  }
  return {
    url: `http://${name}:${opened}/`,
    port: opened,
    close: (delay = drainDelay) => {
      closed ??= close(delay)
      return closed
    },
  }
}

/** An answer that its client does not read would stay in memory. */
function cutSlowReader(response: ServerResponse, ms: number): void {
  if (response.writableFinished || response.destroyed) return
  const timer = setTimeout(() => response.destroy(), ms)
  for (const event of ['finish', 'close']) response.once(event, () => clearTimeout(timer))
}

const passed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function open(http: HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'it is in use' : cause.message
      reject(new SourceError(`Can't listen on port ${port} of ${host}: ${reason}.`, { cause }))
    })
    http.listen(port, host, () => resolve())
  })
}
