import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { load } from '../../src/index.ts'
import type { ImageModel } from '../../src/model/image-model.ts'
import { createServer, type Server, type ServerOptions } from '../../src/serve/index.ts'

export const example = (name: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))))

export const rocket = example('rocket.jpg')
export const chelsea = example('chelsea.png')

/** The embedded model, once for a process; it computes on this thread, so results are the same everywhere. */
let loaded: Promise<ImageModel> | undefined
export const model = (): Promise<ImageModel> => {
  loaded ??= load(undefined, { threads: 1, wide: false })
  return loaded
}

/** A server of the embedded model, called `ti`, that is ready. */
export async function served(options?: ServerOptions): Promise<Server> {
  const server = createServer({ ti: await model() }, { warmUp: 0, ...options })
  await server.ready()
  return server
}

export const get = (server: Pick<Server, 'fetch'>, path: string, init?: RequestInit) =>
  server.fetch(new Request(`http://localhost${path}`, init))

export const post = (
  server: Pick<Server, 'fetch'>,
  path: string,
  body: BodyInit | object,
  init: RequestInit = {},
) => {
  const isPlain = Object.getPrototypeOf(body) === Object.prototype
  const sent = isPlain ? JSON.stringify(body) : (body as BodyInit)
  return server.fetch(
    new Request(`http://localhost${path}`, { method: 'POST', body: sent, ...init }),
  )
}

// biome-ignore lint/suspicious/noExplicitAny: answers are compared field by field
export const jsonOf = async (response: Response): Promise<any> => response.json()

export const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** Something that a test opens. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function gate(): Gate {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** The embedded model, whose runs wait until the test lets them compute. */
export async function gatedModel() {
  const whole = await model()
  const doors: { readonly signal: AbortSignal | undefined; go(): void }[] = []
  const own = await whole.steps()
  const steps: typeof own = {
    ...own,
    together: 1,
    async compute(names, pixels, options) {
      await new Promise<void>((resolve, reject) => {
        doors.push({ signal: options.signal, go: resolve })
        options.signal?.addEventListener('abort', () => reject(options.signal!.reason))
      })
      return own.compute(names, pixels, options)
    },
  }
  const { config, labels } = whole
  return { model: { config, labels, steps: async () => steps } as ImageModel, doors }
}
