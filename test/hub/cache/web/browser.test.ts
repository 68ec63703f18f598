import { build } from 'esbuild'
import type { Browser, Page as Tab } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { official } from '../../../../src/families/vit/names/official.ts'
import { findPublished } from '../../../../src/hub/catalog/catalog.ts'
import { load } from '../../../../src/index.ts'
import { canDrive, drive } from '../../../browsers.ts'
import { asNpz, smallConfig, tensorsOf } from '../../../checkpoint/models.ts'
import { gaussian, random } from '../../../random.ts'
import {
  HubServer,
  type Misbehave,
  sendGzip,
  sendPart,
  serve,
  sha256,
  startOf,
} from '../../server.ts'
import { noise, path } from '../../setup.ts'
import type { Page } from './browser-page.ts'

// The browser half of the hub, in real browsers: what Node does with files they do with OPFS, the Cache
// API and memory.

const browsers = (['chromium', 'firefox'] as const).filter(canDrive)

// More than one segment.
const bytes = noise(9_000_000)
const hash = sha256(bytes)

const kinds = ['opfs', 'cache-api', 'memory'] as const
type Kind = (typeof kinds)[number]

let server: HubServer
let script = ''

test.before(async () => {
  if (browsers.length === 0) return
  const { outputFiles } = await build({
    entryPoints: [new URL('browser-page.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    logLevel: 'error',
  })
  script = outputFiles[0]!.text
  server = await HubServer.start()
})

test.after(async () => {
  await server?.stop()
})

/** How it misbehaves, beside giving the page. */
function behave(misbehave?: Misbehave): void {
  server.put(path, bytes, '"one"')
  server.asked.length = 0
  server.misbehave = (request, response, file) => {
    if (request.url === '/page') {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(
        `<!doctype html><script type="module">${script.replaceAll('</', '<\\/')}</script>`,
      )
      return true
    }
    return file ? misbehave?.(request, response, file) : false
  }
}

async function openTab(browser: Browser): Promise<Tab> {
  const tab = await browser.newPage()
  await tab.goto(`${server.url}/page`)
  await tab.waitForFunction(() => 'page' in globalThis)
  return tab
}

const remote = () => ({
  id: `https://example.org${path}`,
  url: server.url + path,
  name: 'the file',
  maxBytes: 1e8,
  immutable: true,
})

/** Calls a function of browser-page.ts. */
function call<Name extends keyof Page>(
  tab: Tab,
  name: Name,
  ...args: Parameters<Page[Name]>
): Promise<Awaited<ReturnType<Page[Name]>>> {
  return tab.evaluate(
    (name, args) =>
      (globalThis as unknown as { page: Record<string, (...args: unknown[]) => unknown> }).page[
        name
      ]!(...args),
    name,
    args as unknown[],
  ) as Promise<Awaited<ReturnType<Page[Name]>>>
}

const hindrances: Record<string, () => Misbehave> = {
  'cut at random bytes': () => {
    const next = random(5)
    // On a busy machine a browser may lose all that a broken connection brought; six such attempts in a row are too many.
    let cuts = 5
    return (request, response, file) => {
      if (cuts-- <= 0) return false
      sendPart(request, response, { bytes: file!, etag: '"one"' }, Math.floor(next() * 3e6))
      return true
    }
  },
  stalling: () => {
    let stalls = 1
    return (request, response, file) => {
      if (stalls-- <= 0) return false
      sendPart(request, response, { bytes: file!, etag: '"one"' }, 4e6, 'stall')
      return true
    }
  },
  'ignoring ranges': () => {
    let cuts = 2
    return (request, response, file) => {
      delete request.headers.range
      if (cuts-- > 0) sendPart(request, response, { bytes: file!, etag: '"one"' }, 4e6)
      else serve(request, response, { bytes: file!, etag: '"one"' })
      return true
    }
  },
  'answering other ranges': () => {
    let cuts = 1
    let wrong = 1
    return (request, response, file) => {
      if (startOf(request) > 0 && wrong-- > 0) {
        response.writeHead(206, { 'content-range': `bytes 9-${file!.length - 1}/${file!.length}` })
        response.end(file!.subarray(9))
        return true
      }
      if (cuts-- <= 0) return false
      sendPart(request, response, { bytes: file!, etag: '"one"' }, 4e6)
      return true
    }
  },
  'changing its mark': () => {
    let cuts = 1
    return (request, response, file) => {
      if (cuts-- <= 0) return false
      sendPart(request, response, { bytes: file!, etag: '"zero"' }, 4e6)
      return true
    }
  },
  compressing: () => (_, response, file) => {
    sendGzip(response, file!)
    return true
  },
  'busy: 429, 503': () => {
    const answers = [429, 503]
    return (_, response) => {
      const status = answers.shift()
      if (status) response.writeHead(status, { 'retry-after': '0' }).end()
      return status !== undefined
    }
  },
}

for (const name of browsers) {
  test(`in ${name}`, async () => {
    behave()
    const browser = await drive(name)
    try {
      const tab = await openTab(browser)
      assert.is(await call(tab, 'kind'), 'opfs')
      const whole = [{ recorded: hash, is: hash }]

      const isWhole = async (kind: Kind, what: string) => {
        const { whole: found, partial } = await call(tab, 'entries', kind)
        assert.equal(found, whole, `${kind}, ${what}`)
        assert.equal(partial, [], `${kind}, ${what}`)
      }
      for (const kind of kinds) {
        behave()
        assert.equal(await call(tab, 'fetch', kind, remote()), { sha256: hash, notices: [] })
        await isWhole(kind, 'plain')
        assert.is(server.taken(path).length, 1)
        assert.is((await call(tab, 'fetch', kind, remote())).sha256, hash)
        assert.is(server.asked.length, 0)
        // What the server does is the same for all of them; what a store does shows with a few.
        const all = kind === 'opfs' && (name === 'chromium' || process.env.VITRINE_TEST_ALL)
        const some = Object.entries(hindrances).slice(0, all ? undefined : 2)
        for (const [what, make] of some) {
          await call(tab, 'clear', kind)
          behave(make())
          const fetched = await call(tab, 'fetch', kind, remote())
          assert.is(fetched.sha256, hash, `${kind}, ${what}: ${fetched.message}`)
          await isWhole(kind, what)
        }
        for (const [status, location] of [[404], [403], [302, 'file:///etc/passwd']] as const) {
          await call(tab, 'clear', kind)
          behave((_, response) => {
            response.writeHead(status, location ? { location } : {}).end()
            return true
          })
          const { code, sha256 } = await call(tab, 'fetch', kind, remote())
          assert.equal([code, sha256], ['SOURCE', undefined], `${kind}, ${status}`)
          assert.equal(await call(tab, 'entries', kind), { whole: [], partial: [] })
        }
        behave()
        const wrong = { ...remote(), sha256: '0'.repeat(64) }
        assert.match((await call(tab, 'fetch', kind, wrong)).message!, /complete but wrong/)
        assert.equal(await call(tab, 'entries', kind), { whole: [], partial: [] })
        assert.is((await call(tab, 'fetch', kind, remote())).sha256, hash)
        await call(tab, 'clear', kind)
      }

      // Two tabs at once: one download.
      behave()
      const second = await openTab(browser)
      const both = await Promise.all([
        call(tab, 'fetch', 'opfs', remote()),
        call(second, 'fetch', 'opfs', remote()),
      ])
      assert.equal(
        both.map(({ sha256 }) => sha256),
        [hash, hash],
      )
      assert.is(server.taken(path).length, 1)
      await second.close()
      await call(tab, 'clear', 'opfs')

      // Tabs that are closed at random points.
      const next = random(9)
      for (let closing = 0; closing < 2; closing++) {
        const doomed = await openTab(browser)
        const fetching = call(doomed, 'fetch', 'opfs', remote()).catch(() => undefined)
        await new Promise((resolve) => setTimeout(resolve, next() * 150))
        await doomed.close()
        await fetching
        const entries = await call(tab, 'entries', 'opfs')
        assert.ok(entries.whole.length === 0 || entries.whole[0]!.is === hash)
        if (closing % 2 === 0) continue
        assert.is((await call(tab, 'fetch', 'opfs', remote())).sha256, hash)
        await isWhole('opfs', 'after a tab was closed')
        await call(tab, 'clear', 'opfs')
      }

      // A model by its name.
      const model = asNpz(tensorsOf(official, smallConfig))
      server.put(`/${findPublished('Ti_16')!.path}`, model)
      const pixels = gaussian(2, 12 * 12 * 3, 1)
      const vit = await load(model, { backend: 'reference' })
      const expected = [...(await vit.logits(pixels))]
      for (const _ of ['from the server', 'from the cache']) {
        const found = await call(tab, 'logits', 'Ti_16', server.url, [...pixels])
        assert.ok(found.every((value, i) => Math.abs(value - expected[i]!) < 1e-6))
      }
    } finally {
      await browser.close()
    }
  })
}

test.run()
