import http from 'node:http'
import https from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { SourceError } from '../../errors.ts'
import { takeCredentials } from '../credentials.ts'
import type { HttpResponse, RequestOptions } from '../http.ts'
import { variableNames } from './environment.ts'

const maxRedirects = 10

/**
 * An HTTP client on `node:http`: downloads through `fetch` take nearly twice as long, and `fetch` supports no
 * proxies before Node 24.
 */
export async function request(url: string, options: RequestOptions): Promise<HttpResponse> {
  let { url: target, headers: own } = takeCredentials(url)
  const headers: Record<string, string> = { 'user-agent': 'vitrine', ...own, ...options.headers }
  for (let hops = 0; ; hops++) {
    const response = await send(target, headers, options.signal)
    const { location } = response.headers
    if (!isRedirect(response.statusCode!) || location === undefined) return toResponse(response)
    response.destroy()
    const next = URL.canParse(location, target) ? new URL(location, target) : undefined
    if (!next || !/^https?:$/.test(next.protocol)) {
      const where = next ? `a ${next.protocol} URL` : 'a malformed URL'
      throw new SourceError(
        `${target.origin} redirects to ${where}; only http and https are followed.`,
      )
    }
    if (hops === maxRedirects) {
      throw new SourceError(`${target.origin} redirects more than ${maxRedirects} times.`)
    }
    // Credentials are for one origin only.
    if (next.origin !== target.origin) delete headers.authorization
    ;({ url: target, headers: own } = takeCredentials(next))
    Object.assign(headers, own)
  }
}

const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status)

async function send(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<http.IncomingMessage> {
  const agent = await proxyAgent(url)
  signal?.throwIfAborted()
  const { get } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    // Not Node's `signal` option: it stays attached to the socket, which another request may already use.
    let running: { destroy(error: Error): void; once(name: 'close', done: () => void): void }
    const abort = () => running.destroy(new Error('aborted', { cause: signal!.reason }))
    const follow = (one: typeof running) => {
      running = one
      one.once('close', () => {
        if (running === one) signal?.removeEventListener('abort', abort)
      })
    }
    const sent = get(url, { headers, ...(agent && { agent }) }, (response) => {
      follow(response)
      resolve(response)
    })
    follow(sent)
    sent.on('error', (error) => reject(signal?.aborted ? signal.reason : error))
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** Most environments set no proxy; then the proxy code is not loaded. */
async function proxyAgent(url: URL): Promise<http.Agent | undefined> {
  if (!variableNames().some((name) => /_proxy$/i.test(name))) return undefined
  return (await import('./proxy.ts')).proxyAgent(url)
}

function toResponse(response: http.IncomingMessage): HttpResponse {
  return {
    status: response.statusCode!,
    header: (name) => {
      const value = response.headers[name.toLowerCase()]
      return value === undefined ? null : String(value)
    },
    chunks: (reuse) => (reuse ? freedChunks(response) : decompressed(response)),
    discard: () => void response.destroy(),
  }
}

function decompressed(response: http.IncomingMessage): Readable {
  const encoding = response.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return response
  const decoder = decoders[encoding]?.()
  if (!decoder)
    throw new SourceError(`The server sent the unsupported content encoding ${encoding}.`)
  // Errors of the response or the decoder end the iteration.
  return pipeline(response, decoder, () => {}) as unknown as Readable
}

/**
 * The body's chunks, each freed when the next is requested. Node allocates a buffer for each socket read and
 * copies it for the body, and the garbage collector lets them grow to 32 MB.
 */
async function* freedChunks(response: http.IncomingMessage): AsyncGenerator<Uint8Array> {
  const body = decompressed(response)
  const { socket } = response
  /** Whether the body's chunks are copies of socket reads; detected from the first chunks. */
  let areCopies: boolean | undefined
  const first = new Set<ArrayBufferLike>()
  // The HTTP parser has already processed these bytes.
  const read = (bytes: Uint8Array) => {
    if (areCopies && ownsBuffer(bytes)) free(bytes.buffer as ArrayBuffer)
    else if (areCopies === undefined) first.add(bytes.buffer)
  }
  const isPlain = body === response && isNodeClient
  if (isPlain) socket.on('data', read)
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (areCopies === undefined && first.size > 0) {
        areCopies = !first.has(chunk.buffer)
        first.clear()
      }
      yield chunk
      if (areCopies && ownsBuffer(chunk)) free(chunk.buffer as ArrayBuffer)
    }
  } finally {
    socket.off('data', read)
  }
}

/** Deno and Bun implement `node:http` differently. */
const isNodeClient = process.versions.bun === undefined && process.versions.deno === undefined

const ownsBuffer = (bytes: Uint8Array) => bytes.byteLength === bytes.buffer.byteLength

function free(buffer: ArrayBuffer & { transfer?(length: number): ArrayBuffer }): void {
  if (buffer.transfer) buffer.transfer(0)
  // Node 20: transferring to a closed port frees the buffer.
  else closedPort().postMessage(null, [buffer])
}

let closed: MessagePort | undefined

function closedPort(): MessagePort {
  if (!closed) {
    const { port1, port2 } = new MessageChannel()
    port2.close()
    closed = port1 as unknown as MessagePort
  }
  return closed
}

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
