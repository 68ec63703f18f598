import { type Remote, wrap } from 'comlink'
import type { Engine } from './engine.ts'

/** A mirror of the published files: `?hub=URL` in the page's address. */
export const mirror = new URLSearchParams(location.search).get('hub') ?? undefined

/** Everything is computed in a worker, so that the page never waits. */
const RemoteEngine = wrap<typeof Engine>(
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
)

export const engine: Promise<Remote<Engine>> = new RemoteEngine(mirror)
