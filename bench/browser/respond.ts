import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ArgumentError } from '../../src/errors.ts'
import { fileBelow } from './file-below.ts'

/**
 * Without these a page gets neither shared memory, which threads need, nor exact clocks. Nothing is
 * kept by browsers: another version of an engine has the same URLs.
 */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/** Answers with a whole text. */
export function send(
  response: ServerResponse,
  status: number,
  type: '.html' | '.json',
  text: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, 'Content-Type': types[type]!, ...more })
  response.end(text)
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, '.json', JSON.stringify(value))
}

export function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { message })
}

/** Answers with a file below a folder, or 404. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  path: string,
): Promise<void> {
  const plain = await fileBelow(root, path)
  // Large files of the page are compressed where they lie.
  const file = plain ?? (await fileBelow(root, `${path}.gz`))
  if (!file) return refuse(response, 404, 'There is no such file.')
  const type = types[extname(plain?.path ?? path)] ?? 'application/octet-stream'
  response.writeHead(200, {
    ...headers,
    'Content-Type': type,
    'Content-Length': file.size,
    ...(plain ? {} : { 'Content-Encoding': 'gzip' }),
  })
  if (request.method === 'HEAD') return void response.end()
  // A page that goes away in the middle is no error.
  await pipeline(createReadStream(file.path), response).catch(() => {})
}

/** Opens a stream of messages (server-sent events). */
export function openEvents(response: ServerResponse): (name: string) => void {
  response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' })
  response.flushHeaders()
  return (name) => response.write(`event: ${name}\ndata: \n\n`)
}

/** A report of a long comparison has some megabytes. */
const MOST_BYTES = 256 << 20

/**
 * Reads what a page posts.
 * @throws ArgumentError where that is too long or not JSON
 */
export async function readJson<T>(request: IncomingMessage): Promise<T> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MOST_BYTES) throw new ArgumentError(`A message has at most ${MOST_BYTES} bytes.`)
    pieces.push(piece)
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch (cause) {
    throw new ArgumentError('The message is not JSON.', { cause })
  }
}
