import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileBelow } from '../../browser/file-below.ts'
import { readJson } from '../../browser/respond.ts'

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
}

/** What a page needs to share memory between threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export interface Host {
  readonly origin: string
  /** The paths that browsers asked for since the last call. */
  takeRequests(): string[]
  close(): void
}

export interface HostOptions {
  /** The folder that is served. */
  readonly root: string
  /** Bodies by path. */
  readonly pages: Readonly<Record<string, string>>
  readonly isolated: boolean
  /** Whether requests for ranges of files are answered with ranges. */
  readonly ranges: boolean
}

/**
 * A static host with the headers of a good one: files have an ETag and stay fresh for a day; pages are
 * validated at every visit.
 * @param found takes what pages post to `/found`
 */
export async function startHost(
  { root, pages, isolated, ranges }: HostOptions,
  found: (what: unknown) => void,
): Promise<Host> {
  let requests: string[] = []
  const always = isolated ? isolation : {}
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, 'http://host').pathname
    if (path === '/found') {
      found(await readJson(request))
      response.writeHead(204, always).end()
      return
    }
    requests.push(path)
    const page = pages[path]
    if (page === undefined) await sendFile(request, response, root, path, always, ranges)
    else sendPage(request, response, page, always)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeRequests() {
      const taken = requests
      requests = []
      return taken
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type Headers = Readonly<Record<string, string>>

const etagOf = (body: string | Buffer) =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`

function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  always: Headers,
): void {
  const headers = { ...always, ETag: etagOf(body), 'Cache-Control': 'no-cache' }
  if (request.headers['if-none-match'] === headers.ETag) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }).end(body)
}

const etags = new Map<string, string>()

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  path: string,
  always: Headers,
  ranges: boolean,
): Promise<void> {
  const file = await fileBelow(root, path.slice(1))
  if (!file) {
    response.writeHead(404, always).end()
    return
  }
  if (!etags.has(file.path)) etags.set(file.path, etagOf(readFileSync(file.path)))
  const headers = {
    ...always,
    'Content-Type': types[extname(path)] ?? 'application/octet-stream',
    ETag: etags.get(file.path)!,
    'Cache-Control': 'public, max-age=86400',
    ...(ranges && { 'Accept-Ranges': 'bytes' }),
  }
  if (request.headers['if-none-match'] === headers.ETag) {
    response.writeHead(304, headers).end()
    return
  }
  const asked = ranges ? request.headers.range : undefined
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(asked ?? '') ?? []
  const start = Number(from ?? 0)
  const end = to ? Math.min(Number(to), file.size - 1) : file.size - 1
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    'Content-Length': end - start + 1,
    ...(from !== undefined && { 'Content-Range': `bytes ${start}-${end}/${file.size}` }),
  })
  // A page that goes away in the middle is no error.
  await pipeline(createReadStream(file.path, { start, end }), response).catch(() => {})
}
