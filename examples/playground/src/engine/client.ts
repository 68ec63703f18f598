import { type Remote, wrap } from 'comlink'
import type { Engine } from './engine.ts'

/** A mirror of the published files: `?hub=URL` in the page's address. */
export const mirror = new URLSearchParams(location.search).get('hub') ?? undefined

let worker: Worker

/** Everything is computed in a worker, so that the page never waits. */
export let engine: Promise<Remote<Engine>> = start()

function start(): Promise<Remote<Engine>> {
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const RemoteEngine = wrap<typeof Engine>(worker)
  return new RemoteEngine(mirror)
}

/** How long the worker may keep silent while it loads a model, in milliseconds. */
const patience = 8000

const pause = (milliseconds: number) =>
  new Promise<false>((resolve) => setTimeout(resolve, milliseconds, false))

/**
 * Waits for what the worker does, and watches it meanwhile: in Firefox a worker that starts others while the page is
 * loaded sometimes stops for ever. Then another one takes its place.
 * @param work called with the engine, once more where it is another one
 * @param restarts how often another worker may be started
 */
export async function watched<T>(
  work: (engine: Remote<Engine>) => Promise<T>,
  restarts = 2,
): Promise<T> {
  let isDone = false
  const result = engine.then(work).finally(() => {
    isDone = true
  })
  const silence = async (): Promise<'silent' | 'done'> => {
    while (!isDone) {
      const answers = engine.then((one) => one.answers())
      if (!(await Promise.race([answers, pause(patience)])) && !isDone) return 'silent'
      await pause(500)
    }
    return 'done'
  }
  const end = await Promise.race([result.then(() => 'done' as const), silence()])
  if (end === 'done') return result
  worker.terminate()
  engine = start()
  if (restarts > 0) return watched(work, restarts - 1)
  throw new Error('The worker that computes does not answer. Load the page again.')
}
