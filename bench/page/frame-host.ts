import { platform } from '../../src/platform/web/platform.ts'
import type { EngineState } from '../browser/plan.ts'
import type { Case, Graph } from '../cases/case.ts'
import { type Calibrator, createCalibrator } from '../drive/calibration.ts'
import type { Host } from '../drive/compare.ts'
import { EngineError } from '../drive/errors.ts'
import type { Engine } from '../engine/protocol.ts'
import { type EngineSpec, engineId } from '../engine/spec.ts'
import { FrameEngine } from './frame-engine.ts'
import { server } from './server.ts'

export interface FrameHostOptions {
  readonly graph: Graph
  /** How long any one answer may take, in milliseconds. */
  readonly timeout: number
  /** Where the frames are shown. */
  readonly stage: Element
  /** What the server has. */
  readonly engines: readonly EngineState[]
}

/**
 * Engines in frames. Each frame has an origin of its own, a name below `localhost`, so that the
 * browser gives it a process: an engine that computes for a minute in one go blocks neither this page
 * nor the others, its compiled code is its own, and it can be ended at any time.
 */
export class FrameHost implements Host {
  readonly #options: FrameHostOptions
  readonly #calibrator: Calibrator
  readonly #originFor: (number: number) => string
  #frames = 0
  #best = 0

  private constructor(
    options: FrameHostOptions,
    calibrator: Calibrator,
    originFor: (number: number) => string,
  ) {
    this.#options = options
    this.#calibrator = calibrator
    this.#originFor = originFor
  }

  /** Measures the machine's ceilings, which takes a second. */
  static async start(options: FrameHostOptions) {
    const calibrator = await createCalibrator(undefined, platform.yield)
    const host = new FrameHost(options, calibrator, await chooseOrigins())
    return { host, ceilings: calibrator.ceilings }
  }

  async open(bench: Case, engine: EngineSpec): Promise<Engine> {
    const { graph, stage, timeout, engines } = this.#options
    const id = engineId(engine)
    const obstacle = engines.find((one) => one.engine === id)?.obstacle
    if (obstacle) throw new EngineError(obstacle.status, obstacle.reason)
    const { files } = await server.prepare({ bench, engine: id, graph })
    const packages = `/packages/${encodeURIComponent(id)}/`
    const origin = this.#originFor(this.#frames++)
    return new FrameEngine(stage, origin, { bench, engine, graph, files, packages }, timeout)
  }

  async calibrate(): Promise<number> {
    const rate = this.#calibrator.look()
    this.#best = Math.max(this.#best, rate)
    return rate / this.#best
  }

  async clear(bench: Case): Promise<void> {
    await server.clear(bench)
  }
}

/** Names below `localhost` are this machine, as the standard wants; not every browser knows it. */
async function chooseOrigins(): Promise<(number: number) => string> {
  const origin = (number: number) => `http://frame-${number}.localhost:${location.port}`
  const reachable = await fetch(`${origin(0)}/reachable`).then(
    ({ ok }) => ok,
    () => false,
  )
  return reachable ? origin : () => location.origin
}
