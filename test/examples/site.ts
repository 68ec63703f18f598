import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** A static site on this machine, as plain as hosts come: no headers but the type. */
export interface Site {
  readonly url: string
  /** `GET /path` of every request so far. */
  readonly requests: readonly string[]
  /** Stops answering at once. */
  stop(): void
}

/**
 * @param folder ends with a slash
 * @param more files beside the folder's, by their paths
 */
export async function serveSite(
  folder: URL,
  more: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<Site> {
  const requests: string[] = []
  const server = createServer(async ({ method, url }, response) => {
    const { pathname } = new URL(url!, 'http://site')
    requests.push(`${method} ${pathname}`)
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname
    const body =
      more.get(path) ?? (await readFile(new URL(`.${path}`, folder)).catch(() => undefined))
    response.writeHead(body ? 200 : 404, {
      'Content-Type': types[extname(path)] ?? 'application/octet-stream',
      'Content-Length': body?.length ?? 0,
    })
    response.end(method === 'HEAD' ? undefined : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
