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
 * Node's own client: through `fetch` a download takes nearly twice the time, and knows no proxies
 * before Node 24.
 */
export async function request(url: string, options: RequestOptions): Promise<HttpResponse> {
  let { url: target, headers: own } = takeCredentials(url)
  const headers: Record<string, string> = { 'user-agent': 'vitrine', ...own, ...options.headers }
  for (let hops = 0; ; hops++) {
    const response = await send(target, headers, options.signal)
    const { location } = response.headers
    if (!isRedirect(response.statusCode!) || location === undefined) return answer(response)
    response.destroy()
    const next = URL.canParse(location, target) ? new URL(location, target) : undefined
    if (!next || !/^https?:$/.test(next.protocol)) {
      const where = next ? `a ${next.protocol} URL` : 'nowhere'
      throw new SourceError(
        `${target.origin} redirects to ${where}; only http and https are followed.`,
      )
    }
    if (hops === maxRedirects) {
      throw new SourceError(`${target.origin} redirects more than ${maxRedirects} times.`)
    }
    // What is meant for one server is not for another.
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
    // Not Node's own `signal`: it stays with the socket when another request may have that already.
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

/** Most programs have no proxy, and load nothing for it. */
async function proxyAgent(url: URL): Promise<http.Agent | undefined> {
  if (!variableNames().some((name) => /_proxy$/i.test(name))) return undefined
  return (await import('./proxy.ts')).proxyAgent(url)
}

function answer(response: http.IncomingMessage): HttpResponse {
  return {
    status: response.statusCode!,
    header: (name) => {
      const value = response.headers[name.toLowerCase()]
      return value === undefined ? null : String(value)
    },
    chunks: (lend) => (lend ? lent(response) : decompressed(response)),
    discard: () => void response.destroy(),
  }
}

function decompressed(response: http.IncomingMessage): Readable {
  const encoding = response.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return response
  const decoder = decoders[encoding]?.()
  if (!decoder) throw new SourceError(`The server sent ${encoding}, which nobody asked for.`)
  // Errors of either end the iteration over the decoder.
  return pipeline(response, decoder, () => {}) as unknown as Readable
}

/**
 * Node makes a buffer for each read of the socket, and a copy of it for the body. The garbage collector
 * lets them become 32 MB; here they go as soon as nobody needs them.
 */
async function* lent(response: http.IncomingMessage): AsyncGenerator<Uint8Array> {
  const body = decompressed(response)
  const { socket } = response
  /** Whether the body's chunks are copies; that they are is seen, not known. */
  let areCopies: boolean | undefined
  const first = new Set<ArrayBufferLike>()
  // The parser of HTTP had it before us.
  const read = (bytes: Uint8Array) => {
    if (areCopies && isAlone(bytes)) free(bytes.buffer as ArrayBuffer)
    else if (areCopies === undefined) first.add(bytes.buffer)
  }
  const isPlain = body === response && ownClient
  if (isPlain) socket.on('data', read)
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (areCopies === undefined && first.size > 0) {
        areCopies = !first.has(chunk.buffer)
        first.clear()
      }
      yield chunk
      if (areCopies && isAlone(chunk)) free(chunk.buffer as ArrayBuffer)
    }
  } finally {
    socket.off('data', read)
  }
}

/** Deno and Bun have clients of their own behind the same names. */
const ownClient = process.versions.bun === undefined && process.versions.deno === undefined

const isAlone = (bytes: Uint8Array) => bytes.byteLength === bytes.buffer.byteLength

function free(buffer: ArrayBuffer & { transfer?(length: number): ArrayBuffer }): void {
  if (buffer.transfer) buffer.transfer(0)
  // Node 20: what is sent to nobody is gone.
  else nobody().postMessage(null, [buffer])
}

let closed: MessagePort | undefined

function nobody(): MessagePort {
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
