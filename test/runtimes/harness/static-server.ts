import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { fileBelow } from '../../../bench/browser/file-below.ts'

/** What lets a page have shared memory, and so threads. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
}

export interface StaticServer {
  readonly url: string
  /** Paths that were asked for and are not there. */
  readonly missing: readonly string[]
  close(): void
}

/** Serves a folder and nothing else, as the plainest host does: no page in place of what is not there. */
export async function serveFolder(
  folder: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const missing: string[] = []
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url!, 'http://localhost')
    // Browsers ask for it by themselves.
    if (pathname === '/favicon.ico') return void response.writeHead(204).end()
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname
    const file = await fileBelow(folder, path.slice(1))
    if (!file) {
      missing.push(pathname)
      return void response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found')
    }
    const type = types[extname(file.path)] ?? 'application/octet-stream'
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': file.size, ...headers })
    response.end(await readFile(file.path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    missing,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
