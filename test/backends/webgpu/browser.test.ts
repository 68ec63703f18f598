import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findBrowser } from '../../../bench/browser/find.ts'
import { load } from '../../../src/load.ts'
import { gaussian } from '../../random.ts'
import { worst } from '../values.ts'

// The embedded model in real browsers, on GPUs that are programs: Chromium brings one, Firefox finds
// Mesa's where .ci/run has installed it.

const puppeteer = await import('puppeteer-core').catch(() => undefined)
const root = new URL('../../../', import.meta.url)

const starts = {
  chromium: {
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  },
  firefox: {
    extraPrefsFirefox: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
  },
} as const

type Kind = keyof typeof starts

/** What the page says of a model on its GPU. */
interface Answer {
  readonly backend: string
  readonly description: string
  /** Whether norms are summed through them. */
  readonly subgroups: boolean
  readonly logits: readonly number[]
}

/** In the page: `run` loads a model where there is none yet. */
const script = `
  import { load } from './src/index.ts'
  import { gaussian } from './test/random.ts'
  let vit
  globalThis.run = async (options) => {
    vit ??= await load(undefined, options)
    const logits = await vit.logits(gaussian(5, 224 * 224 * 3))
    const { name, description, device } = vit.backend
    const subgroups = device?.features.has('subgroups') ?? false
    return { backend: name, description, subgroups, logits: [...logits] }
  }
  globalThis.end = () => {
    vit?.dispose()
    vit = undefined
  }`

let files: Map<string, Uint8Array> = new Map()
test.before(async () => {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: fileURLToPath(root), sourcefile: 'page.ts' },
    bundle: true,
    format: 'esm',
    splitting: true,
    conditions: ['default'],
    outdir: fileURLToPath(new URL('build/web/', root)),
    write: false,
    logLevel: 'silent',
  })
  files = new Map(outputFiles.map(({ path, contents }) => [path, contents]))
})

function read(path: string): Uint8Array | undefined {
  const file = fileURLToPath(new URL(`.${path}`, root))
  try {
    return files.get(file) ?? readFileSync(file)
  } catch {
    return undefined
  }
}

const types = { js: 'text/javascript', wasm: 'application/wasm', html: 'text/html' } as const

async function serve() {
  const server = createServer(({ url }, response) => {
    if (url === '/') {
      response.writeHead(200, { 'Content-Type': types.html })
      return response.end('<script type="module" src="/build/web/stdin.js"></script>')
    }
    const body = read(url!)
    const type = types[url!.split('.').at(-1) as keyof typeof types] ?? 'application/octet-stream'
    response.writeHead(body ? 200 : 404, { 'Content-Type': type })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

async function inPage(kind: Kind, use: (page: PageUse) => Promise<void>): Promise<void> {
  const server = await serve()
  let browser: Browser | undefined
  try {
    browser = await puppeteer!.launch({
      browser: kind === 'firefox' ? 'firefox' : 'chrome',
      executablePath: findBrowser(kind).program,
      protocolTimeout: 170_000,
      ...(starts[kind] as object),
      // Other tests in this process choose drivers for Dawn; browsers find theirs.
      env: { ...process.env, VK_ICD_FILENAMES: undefined },
    })
    const tab = await browser.newPage()
    await tab.goto(server.url)
    await tab.waitForFunction(() => 'run' in globalThis)
    await use({
      browser,
      run: (options) =>
        tab.evaluate((given) => (globalThis as unknown as PageUse).run(given), options),
      hasGpu: () => tab.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter())),
      end: () => tab.evaluate(() => (globalThis as unknown as PageUse).end()),
    })
  } finally {
    await browser?.close()
    server.close()
  }
}

interface PageUse {
  readonly browser: Browser
  run(options: object): Promise<Answer>
  hasGpu(): Promise<boolean>
  end(): Promise<void>
}

const expected = await load().then(async (vit) => {
  const logits = await vit.logits(gaussian(5, 224 * 224 * 3))
  vit.dispose()
  return logits
})

function check({ backend, logits, description }: Answer, bound: number): void {
  assert.is(backend, 'webgpu', description)
  const error = worst(Float32Array.from(logits), expected)
  assert.ok(error < bound, `${description}: off by ${error}`)
}

for (const kind of ['chromium', 'firefox'] as const) {
  const there = puppeteer !== undefined && isThere(kind)
  const add = there ? test : test.skip
  add(`the embedded model on the GPU of ${kind}`, async () => {
    await inPage(kind, async ({ browser, run, hasGpu, end }) => {
      if (!(await hasGpu())) return console.log(`skipping ${kind}: it has no WebGPU here`)
      const answer = await run({ backend: 'webgpu' })
      check(answer, 1e-3)
      if (kind === 'chromium') {
        assert.ok(answer.subgroups)
        // The process of the GPU dies, as drivers do; the weights are read again.
        const session = await browser.target().createCDPSession()
        await session.send('Browser.crashGpuProcess').catch(() => {})
        check(await run({ backend: 'webgpu' }), 1e-3)
        return
      }
      await end()
      check(await run({ backend: 'webgpu', dtype: 'f16' }), 2e-2)
    })
  })
}

function isThere(kind: Kind): boolean {
  try {
    findBrowser(kind)
    return true
  } catch (error) {
    console.log(`skipping ${kind}: ${(error as Error).message}`)
    return false
  }
}

test.run()
