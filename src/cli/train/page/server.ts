import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SourceError } from '../../../errors.ts'
import { isLocalHost } from '../../../platform/node/local-host.ts'

/** Where the page is looked for first, unless a port is given. */
const FIRST_PORT = 6017

/** So many ports are tried after it. */
const TRIES = 20

/** A page that does not take what it is sent is let go; it connects again when it can. */
const MOST_WAITING = 8 << 20

/** How long pages may take for the last message, in milliseconds. */
const GOODBYE = 1000

const headers = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

export interface PageServerOptions {
  /** The port; the first free one from 6017 on by default. */
  readonly port: number | undefined
  readonly html: string
  /** Everything so far, for a page that connects. */
  snapshot(): unknown
}

/** Serves one page to browsers on this machine, and tells it what happens (server-sent events). */
export class PageServer {
  /** The page's address, with a slash at its end. */
  readonly url: string
  readonly #server: Server
  readonly #port: number
  readonly #options: PageServerOptions
  readonly #pages = new Set<ServerResponse>()

  private constructor(server: Server, options: PageServerOptions) {
    this.#server = server
    this.#options = options
    this.#port = (server.address() as AddressInfo).port
    this.url = `http://127.0.0.1:${this.#port}/`
    server.on('request', (request, response) => this.#answer(request, response))
  }

  /** @throws SourceError for a port that is in use or not allowed */
  static async open(options: PageServerOptions): Promise<PageServer> {
    const { port } = options
    const ports =
      port === undefined ? Array.from({ length: TRIES }, (_, i) => FIRST_PORT + i) : [port]
    for (const one of ports) {
      const server = createServer()
      const failure = await listen(server, one)
      if (!failure) return new PageServer(server, options)
      if (port === undefined && failure.code === 'EADDRINUSE') continue
      const reason = failure.code === 'EADDRINUSE' ? 'it is in use' : failure.message
      throw new SourceError(
        `Can't serve the page on port ${one}: ${reason}. Give another port, or none for one that is free.`,
        { cause: failure },
      )
    }
    throw new SourceError(
      `Can't serve the page: ports ${FIRST_PORT} to ${FIRST_PORT + TRIES - 1} are in use. Give a free one.`,
    )
  }

  /** Tells every page. */
  send(message: unknown): void {
    for (const page of this.#pages) {
      if (page.writableLength > MOST_WAITING) page.destroy()
      else page.write(`data: ${JSON.stringify(message)}\n\n`)
    }
  }

  /** Ends, once the pages have the last message. */
  async close(): Promise<void> {
    const ends = [...this.#pages].map(
      (page) => new Promise<void>((resolve) => page.once('close', resolve).end()),
    )
    const patience = new Promise<void>((resolve) => setTimeout(resolve, GOODBYE).unref())
    await Promise.race([Promise.all(ends), patience])
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers: asked } = request
    if (!isLocalHost(asked.host, this.#port)) refuse(response, 403, 'Not for this host.')
    else if (method !== 'GET' && method !== 'HEAD') refuse(response, 405, 'There is only GET.')
    else if (url === '/events' && method === 'GET') this.#listen(response)
    else if (url === '/') this.#sendPage(response, method === 'GET')
    else refuse(response, 404, 'There is no such page.')
  }

  #sendPage(response: ServerResponse, hasBody: boolean): void {
    const body = Buffer.from(this.#options.html)
    response.writeHead(200, {
      ...headers,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': body.length,
    })
    response.end(hasBody ? body : undefined)
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' })
    response.write(`event: record\ndata: ${JSON.stringify(this.#options.snapshot())}\n\n`)
    this.#pages.add(response)
    response.once('close', () => this.#pages.delete(response))
  }
}

function listen(server: Server, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', resolve)
      resolve(undefined)
    })
  })
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(text)
}
