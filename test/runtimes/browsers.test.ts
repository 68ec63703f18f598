import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BrowserKind, findBrowser } from '../../bench/browser/find.ts'
import { launch } from '../../bench/browser/launch.ts'
import { readJson, sendFile, sendJson } from '../../bench/browser/respond.ts'
import { hasBrowser } from '../browsers.ts'
import { expectInt16, expectThreads, type Int16, type Threads } from './expect.ts'

// The built package in browsers: once in a page that is cross-origin isolated, so that it may share
// memory, then in one that is not.
const root = fileURLToPath(new URL('../../', import.meta.url))
const built = existsSync(new URL('../../build/web/worker.js', import.meta.url))

/** What page.html says, in the order of its visits. */
interface Isolated {
  readonly error?: string
  readonly threads: Threads[]
  readonly int16: Int16[]
  /** How a page's own thread is refused to block. */
  readonly blocking: string
  readonly warnings: string[]
}

interface Alone {
  readonly error?: string
  readonly counts: { readonly count: number; readonly label: string }[]
  readonly reason: string
  readonly warnings: string[]
}

/** Serves the package and the page; what the page finds is handed on. */
async function serve(found: (what: unknown) => void): Promise<Server> {
  const page = readFileSync(new URL('./page.html', import.meta.url))
  const server = createServer(async (request, response) => {
    const path = request.url!.slice(1)
    if (path === 'found') {
      found(await readJson(request))
      sendJson(response, 200, {})
    } else if (path === 'alone') response.setHeader('Content-Type', 'text/html').end(page)
    else await sendFile(request, response, root, path)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function visit(browser: BrowserKind): Promise<[Isolated, Alone]> {
  const all: unknown[] = []
  let hear = (_: string) => {}
  const heard = new Promise<string>((resolve) => {
    hear = resolve
  })
  const server = await serve((what) => {
    if (all.push(what) === 2) hear('both')
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/test/runtimes/page.html`
  const launched = launch(findBrowser(browser), url, [])
  const late = setTimeout(() => hear('too late'), 60_000)
  try {
    assert.is(await Promise.race([heard, launched.ended]), 'both', JSON.stringify(all))
    return all as [Isolated, Alone]
  } finally {
    clearTimeout(late)
    await launched.kill()
    server.closeAllConnections()
    server.close()
  }
}

if (!built) console.log('skipping browsers: there is no build/; npm run build')
for (const name of ['chromium', 'firefox'] as const) {
  const add = built && hasBrowser(name) ? test : test.skip
  add(
    `${name}: threads and int16 give their bits; a page without the headers is told`,
    async () => {
      const [isolated, alone] = await visit(name)
      assert.is(isolated.error, undefined)
      expectThreads(isolated.threads)
      expectInt16(isolated.int16)
      assert.equal([isolated.blocking, isolated.warnings], ['UNSUPPORTED', []])

      assert.is(alone.error, undefined)
      const once = { count: 1, label: 'Egyptian cat' }
      assert.equal(alone.counts, [once, once])
      assert.is(alone.warnings.length, 1)
      for (const text of [alone.reason, ...alone.warnings]) {
        assert.match(text, 'Cross-Origin-Opener-Policy: same-origin')
        assert.match(text, 'Cross-Origin-Embedder-Policy: require-corp')
      }
    },
  )
}

test.run()
