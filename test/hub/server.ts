import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** What was asked of the server, and how much of it was sent. */
export interface Asked {
  readonly path: string
  readonly range: string | undefined
  readonly headers: IncomingMessage['headers']
}

/** Does something else than a good server would; returns whether it did. */
export type Misbehave = (
  request: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array | undefined,
) => boolean | undefined

export interface File {
  bytes: Uint8Array
  etag?: string
}

/**
 * Plays the bucket and Hugging Face: files by path, ranges, ETags, the API of repositories. How it
 * misbehaves is up to `misbehave`.
 */
export class HubServer {
  readonly files = new Map<string, File>()
  readonly asked: Asked[] = []
  misbehave: Misbehave | undefined
  url = ''
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`
    return server
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Breaks all connections, as a network does. */
  cut(): void {
    this.#server.closeAllConnections()
  }

  put(path: string, bytes: Uint8Array, etag = `"${sha256(bytes).slice(0, 16)}"`): void {
    this.files.set(path, { bytes, etag })
  }

  /** A repository of Hugging Face at one commit, `main`. */
  putRepository(
    repository: string,
    commit: string,
    files: Readonly<Record<string, Uint8Array>>,
    card?: Readonly<Record<string, unknown>>,
  ): void {
    const siblings = Object.entries(files).map(([rfilename, bytes]) => {
      this.put(`/${repository}/resolve/${commit}/${rfilename}`, bytes)
      const large = rfilename.endsWith('.safetensors')
      const lfs = { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 }
      return { rfilename, size: bytes.length, ...(large && { lfs }) }
    })
    const facts = Buffer.from(
      JSON.stringify({ id: repository, sha: commit, siblings, cardData: card }),
    )
    for (const revision of ['main', commit]) {
      this.put(`/api/models/${repository}/revision/${revision}?blobs=true`, facts)
    }
  }

  /** The requests for one file since the last time. */
  taken(path: string): Asked[] {
    const those = this.asked.filter((one) => one.path === path)
    this.asked.length = 0
    return those
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url!)
    this.asked.push({ path, range: request.headers.range, headers: request.headers })
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', '*')
    response.setHeader('cross-origin-resource-policy', 'cross-origin')
    const file = this.files.get(path)
    if (this.misbehave?.(request, response, file?.bytes)) return
    if (file) serve(request, response, file)
    else response.writeHead(404).end('no such file')
  }
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** As a good server does. */
export function serve(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { bytes, etag }: File,
): void {
  if (etag) response.setHeader('etag', etag)
  if (etag && headers['if-none-match'] === etag) return void response.writeHead(304).end()
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
  const isWanted = headers['if-range'] === undefined || headers['if-range'] === etag
  if (from === undefined || !isWanted) {
    response.writeHead(200, { 'content-length': bytes.length, 'accept-ranges': 'bytes' })
    return void response.end(bytes)
  }
  const start = Number(from)
  const end = to ? Math.min(Number(to) + 1, bytes.length) : bytes.length
  if (start >= bytes.length) return void response.writeHead(416).end()
  response.writeHead(206, {
    'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
    'content-length': end - start,
  })
  response.end(bytes.subarray(start, end))
}

/** Where a request wants the file to begin. */
export const startOf = ({ headers }: IncomingMessage) =>
  Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0)

/** Announces everything from there on, sends `count` bytes of it, and breaks the connection or waits. */
export function sendPart(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes, etag }: File,
  count: number,
  then: 'cut' | 'stall' = 'cut',
): void {
  const start = startOf(request)
  const part = bytes.subarray(start, start + count)
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': bytes.length - start,
    ...(etag && { etag }),
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  })
  response.flushHeaders()
  response.write(part, () => {
    if (then === 'cut') setImmediate(() => response.destroy())
  })
}

export function sendGzip(response: ServerResponse, bytes: Uint8Array, length?: number): void {
  const compressed = gzipSync(bytes)
  response.writeHead(200, {
    'content-encoding': 'gzip',
    'content-length': length ?? compressed.length,
    etag: '"gzip"',
  })
  response.end(compressed)
}
