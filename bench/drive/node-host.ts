import { join } from 'node:path'
import type { Case, Graph } from '../cases/case.ts'
import type { Engine } from '../engine/protocol.ts'
import type { EngineSpec } from '../engine/spec.ts'
import { locate } from '../install/packages.ts'
import type { Host } from './compare.ts'
import { NodeEngine, Talker } from './process.ts'
import { Workspace } from './workspace.ts'

export interface NodeHostOptions {
  /** The Node binary that runs the engines. */
  readonly node: string
  readonly graph: Graph
  /** How long any one answer may take, in milliseconds. */
  readonly timeout: number
}

/** Engines in processes of their own. */
export class NodeHost implements Host {
  readonly #options: NodeHostOptions
  readonly #workspace: Workspace
  readonly #calibrator: Talker<{ ask: 'look' }, { rate: number }>
  #best = 0

  private constructor(options: NodeHostOptions, calibrator: Talker<object, object>) {
    this.#options = options
    this.#calibrator = calibrator as Talker<{ ask: 'look' }, { rate: number }>
    this.#workspace = new Workspace(options)
  }

  /** Starts the calibrator and measures the machine's ceilings, which takes a second. */
  static async start(options: NodeHostOptions) {
    const calibrator = new Talker<object, object>(
      options.node,
      [],
      'calibrator',
      {},
      options.timeout,
    )
    const { ceilings } = (await calibrator.next()) as { ceilings: Record<string, number> }
    return { host: new NodeHost(options, calibrator), ceilings }
  }

  async open(bench: Case, engine: EngineSpec): Promise<Engine> {
    const { packages } = locate(engine)
    const { node, graph, timeout } = this.#options
    const files = join(this.#workspace.folder, await this.#workspace.prepare(bench, engine, graph))
    return new NodeEngine(node, { bench, engine, graph, files, packages }, timeout)
  }

  async calibrate(): Promise<number> {
    const { rate } = await this.#calibrator.ask({ ask: 'look' })
    this.#best = Math.max(this.#best, rate)
    return rate / this.#best
  }

  clear(bench: Case): Promise<void> {
    return this.#workspace.clear(bench)
  }

  dispose(): void {
    this.#calibrator.kill()
    this.#workspace.dispose()
  }
}
