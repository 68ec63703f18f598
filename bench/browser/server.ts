import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ArgumentError, VitrineError } from '../../src/errors.ts'
import { isLocalHost } from '../../src/platform/node/local-host.ts'
import { EngineError } from '../drive/errors.ts'
import { describeHardware } from '../drive/machine.ts'
import { Workspace } from '../drive/workspace.ts'
import { parseEngine } from '../engine/spec.ts'
import { locate } from '../install/packages.ts'
import type { Report } from '../report/report.ts'
import { engineFrame } from './engine-frame.ts'
import { findEngines } from './engines.ts'
import type { BrowserPlan, PageProgress, PrepareRequest, ServerState } from './plan.ts'
import { openEvents, readJson, refuse, send, sendFile, sendJson } from './respond.ts'

// Two levels below the root both as source (bench/browser) and as built (build/node).
const packageRoot = new URL('../../', import.meta.url)

export interface BenchServerOptions {
  /** Version of this package. */
  readonly vitrine: string
  /** What the page measures when its address ends in `#run`. */
  readonly plan?: BrowserPlan
  /** The built page, where it is not `build/page` of the package. */
  readonly page?: string
  /** How long writing one model may take, in milliseconds. */
  readonly timeout?: number
  onProgress?(progress: PageProgress): void
  onReport?(report: Report): void
  /** The page could not do what the plan says. */
  onFailure?(message: string): void
  /** Told how many pages listen, whenever that changes. */
  onPages?(count: number): void
}

/** Serves the benchmark page, engines and models to browsers on this machine. */
export class BenchServer {
  /** The page's address, with a slash at its end. */
  readonly url: string
  readonly #options: BenchServerOptions
  readonly #server: ReturnType<typeof createServer>
  readonly #workspace: Workspace
  readonly #port: number
  readonly #listeners = new Set<(name: string) => void>()

  private constructor(server: ReturnType<typeof createServer>, options: BenchServerOptions) {
    const timeout = options.timeout ?? options.plan?.timeout ?? 600_000
    this.#server = server
    this.#options = options
    this.#workspace = new Workspace({ node: process.execPath, timeout })
    this.#port = (server.address() as AddressInfo).port
    this.url = `http://127.0.0.1:${this.#port}/`
    server.on('request', (request, response) => this.#answer(request, response))
  }

  /** Listens on this machine's own address, on a port that is free. */
  static async start(options: BenchServerOptions): Promise<BenchServer> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return new BenchServer(server, options)
  }

  /**
   * Tells every page to end, and to hand over what it has measured.
   * @returns how many there are
   */
  stop(): number {
    for (const tell of this.#listeners) tell('stop')
    return this.#listeners.size
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
    this.#workspace.dispose()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!this.#isOurs(request)) return refuse(response, 403, 'This server is for its own page.')
      if (request.method === 'POST') await this.#post(request, response)
      else if (request.method === 'GET' || request.method === 'HEAD') {
        await this.#get(request, response)
      } else refuse(response, 405, 'There are GET, HEAD and POST.')
    } catch (error) {
      if (response.headersSent) return void response.destroy()
      const foreseen = error instanceof VitrineError || error instanceof URIError
      const status = foreseen ? 400 : 500
      const message = (error as Error).message
      const engine = error instanceof EngineError ? error.status : 'failed'
      sendJson(response, status, { message, status: engine })
    }
  }

  /**
   * Whether a request is for this machine by name, and what changes something comes from the page, not from another one or an engine.
   */
  #isOurs({ method, headers }: IncomingMessage): boolean {
    if (!isLocalHost(headers.host, this.#port)) return false
    return method !== 'POST' || headers.origin === this.url.slice(0, -1)
  }

  async #get(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { plan, vitrine } = this.#options
    const [path, query] = request.url!.split('?') as [string, string | undefined]
    const below = (start: string) => path.startsWith(start) && path.slice(start.length)
    const page = this.#options.page ?? fileURLToPath(new URL('build/page/', packageRoot))
    const inline = fileURLToPath(new URL('build/inline/', packageRoot))
    const file = (root: string, at: string) => sendFile(request, response, root, at)

    if (path === '/') return file(page, 'index.html')
    if (path === '/state') {
      const engines = findEngines(vitrine, plan?.engines)
      const state: ServerState = { vitrine, machine: describeHardware(), engines }
      return sendJson(response, 200, state)
    }
    if (path === '/plan' && plan) return sendJson(response, 200, plan)
    if (path === '/events') return this.#listen(request, response)
    if (path === '/reachable') return send(response, 200, '.json', '{}', this.#forThePage())
    if (path === '/engine') {
      const name = new URLSearchParams(query).get('name') ?? ''
      return send(response, 200, '.html', engineFrame(name), this.#forThePage())
    }
    const pageFile = below('/build/page/')
    if (pageFile) return file(page, pageFile)
    const shared = below('/build/inline/')
    if (shared) return file(inline, shared)
    const model = below('/files/')
    if (model) return file(this.#workspace.folder, model)
    const [engine, ...names] = (below('/packages/') || '').split('/')
    if (engine) {
      const { packages } = locate(parseEngine(decodeURIComponent(engine)))
      return file(packages, names.join('/'))
    }
    refuse(response, 404, 'There is no such page.')
  }

  /** For what is served to an engine's frame, which has an origin of its own, and read by the page. */
  #forThePage(): Record<string, string> {
    const origin = this.url.slice(0, -1)
    return {
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Access-Control-Allow-Origin': origin,
      'Content-Security-Policy': `frame-ancestors ${origin}`,
    }
  }

  #listen(request: IncomingMessage, response: ServerResponse): void {
    const tell = openEvents(response)
    this.#listeners.add(tell)
    this.#options.onPages?.(this.#listeners.size)
    request.socket.once('close', () => {
      this.#listeners.delete(tell)
      this.#options.onPages?.(this.#listeners.size)
    })
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const options = this.#options
    switch (request.url) {
      case '/prepare': {
        const { bench, engine, graph } = await readJson<PrepareRequest>(request)
        this.#checkWeights(bench.weights)
        const spec = parseEngine(engine)
        locate(spec)
        const key = await this.#workspace.prepare(bench, spec, graph)
        return sendJson(response, 200, { files: `/files/${key}/` })
      }
      case '/clear':
        await this.#workspace.clear(await readJson(request))
        break
      case '/progress': {
        const progress = await readJson<PageProgress>(request)
        options.onProgress?.(progress)
        break
      }
      case '/report': {
        const report = await readJson<Report>(request)
        options.onReport?.(report)
        break
      }
      case '/failure': {
        const { message } = await readJson<{ message: string }>(request)
        options.onFailure?.(message)
        break
      }
      default:
        return refuse(response, 404, 'There is no such page.')
    }
    sendJson(response, 200, {})
  }

  /** A page reads no files of the user's but those of its plan. */
  #checkWeights(weights: string | undefined): void {
    if (weights === undefined) return
    if (this.#options.plan?.cases.some((one) => one.weights === weights)) return
    throw new ArgumentError(`The plan has no checkpoint ${weights}.`)
  }
}
