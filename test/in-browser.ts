import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, BrowserContext } from 'puppeteer-core'
import { test } from 'uvu'
import { canDrive, drive } from './browsers.ts'
import './software-gpus.ts'

const root = new URL('../', import.meta.url)

/**
 * Browsers, with GPUs that are programs: Chromium brings one, for WebGPU where it is told to, Firefox
 * finds Mesa's where .ci/run has installed it.
 */
const starts = {
  chromium: {
    kind: 'chromium',
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  },
  'chromium without WebGPU': {
    kind: 'chromium',
    args: ['--no-sandbox', '--enable-unsafe-swiftshader'],
  },
  firefox: {
    kind: 'firefox',
    extraPrefsFirefox: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
  },
  'firefox against fingerprinting': {
    kind: 'firefox',
    extraPrefsFirefox: { 'privacy.resistFingerprinting': true },
  },
} as const

// biome-ignore lint/suspicious/noExplicitAny: any arguments, any result
type Functions = Record<string, (...args: any[]) => unknown>

/** A script in a page, which has put functions into `globalThis.page`. */
export interface InPage<Page extends Functions> {
  /** Later tests have the same one, unless this one closes it. */
  readonly browser: Browser
  /** Calls one of them; what goes in and comes out goes through JSON. */
  call<Name extends keyof Page & string>(
    name: Name,
    ...args: Parameters<Page[Name]>
  ): Promise<Awaited<ReturnType<Page[Name]>>>
}

/**
 * A test with a script in a page of a real browser, skipped with the reason printed where that is not
 * here. The page is served the checkout, and `/shared/` beside it.
 * @param script the module that the page begins with
 */
export function pageTest<Page extends Functions>(
  start: keyof typeof starts,
  name: string,
  script: URL,
  run: (page: InPage<Page>) => Promise<void>,
  serving: Serving = {},
): void {
  const { kind } = starts[start]
  const add = canDrive(kind) ? test : test.skip
  add(name, async () => {
    const server = await serve(await bundled(script), serving)
    let context: BrowserContext | undefined
    try {
      const browser = await started(start)
      // Without what earlier tests have kept.
      context = await browser.createBrowserContext()
      const tab = await context.newPage()
      await tab.goto(server.url)
      await tab.waitForFunction(() => 'page' in globalThis)
      const call = (name: string, ...args: unknown[]): Promise<unknown> =>
        tab.evaluate(
          (name, args) => (globalThis as unknown as { page: Functions }).page[name]!(...args),
          name,
          // JSON would make null of what is left out at the end.
          args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1),
        )
      await run({ browser, call: call as InPage<Page>['call'] })
    } finally {
      await context?.close().catch(() => {})
      server.close()
    }
  })
}

/** The browsers of this process, one for all its tests: they take longer to start than most tests. */
const browsers = new Map<keyof typeof starts, Promise<Browser>>()

async function started(start: keyof typeof starts): Promise<Browser> {
  const earlier = await browsers.get(start)
  if (earlier?.connected) return earlier
  const { kind, ...options } = starts[start]
  const browser = drive(kind, {
    protocolTimeout: 170_000,
    ...(options as object),
    // Other tests in this process choose drivers for Dawn; browsers find theirs.
    env: { ...process.env, VK_ICD_FILENAMES: undefined },
  })
  browsers.set(start, browser)
  return browser
}

test.after(async () => {
  for (const browser of browsers.values()) await (await browser).close()
})

export interface Serving {
  /** Headers of everything that is served; by default those that let a page have threads. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the page's scripts come from another origin than the page. */
  readonly foreign?: boolean
}

/** What was bundled, by its paths in the package. */
type Files = ReadonlyMap<string, Uint8Array>

const worker = new URL('src/backends/wasm/threads/worker.ts', root)
const decodeWorker = new URL('src/image/worker/decode-worker.ts', root)
const remoteWorker = new URL('src/backends/wasm/remote/worker.ts', root)

const bundles = new Map<string, Promise<Files>>()

function bundled(script: URL): Promise<Files> {
  const files = bundles.get(script.href) ?? bundle(script)
  bundles.set(script.href, files)
  return files
}

/** The script, the threads and all that they import, with the conditions of the package's build. */
async function bundle(script: URL): Promise<Files> {
  const page = { start: script }
  const threads = { worker, 'decode-worker': decodeWorker, 'remote-worker': remoteWorker }
  const outputFiles = await Promise.all([
    buildFor(['default'], true, page),
    buildFor(['thread', 'default'], false, threads),
  ])
  return new Map(outputFiles.flat().map(({ path, contents }) => [path, contents]))
}

async function buildFor(
  conditions: string[],
  splitting: boolean,
  entries: Readonly<Record<string, URL>>,
) {
  const { outputFiles } = await build({
    entryPoints: Object.entries(entries).map(([out, url]) => ({ out, in: fileURLToPath(url) })),
    bundle: true,
    format: 'esm',
    splitting,
    target: 'es2022',
    conditions,
    external: ['node:*'],
    outdir: fileURLToPath(new URL('build/web/', root)),
    write: false,
    logLevel: 'error',
  })
  return outputFiles
}

const types = { js: 'text/javascript', wasm: 'application/wasm' } as const

/** What lets a page have threads. */
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const

async function serve(files: Files, { headers = isolated, foreign = false }: Serving) {
  let scripts = ''
  const server = createServer(({ url }, response) => {
    if (url === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html', ...headers })
      return response.end(
        `<!doctype html><script type="module" src="${scripts}/build/web/start.js"></script>`,
      )
    }
    const body = read(files, url!)
    const type = types[url!.split('.').at(-1) as keyof typeof types] ?? 'application/octet-stream'
    response.writeHead(body ? 200 : 404, {
      'Content-Type': type,
      'Access-Control-Allow-Origin': '*',
      ...headers,
    })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  if (foreign) scripts = `http://localhost:${port}`
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

function read(files: Files, path: string): Uint8Array | undefined {
  const relative = path.startsWith('/shared/') ? `..${path}` : `.${path}`
  const file = fileURLToPath(new URL(relative, root))
  try {
    return files.get(file) ?? readFileSync(file)
  } catch {
    return undefined
  }
}
