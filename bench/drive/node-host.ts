import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case, Graph } from '../cases/case.ts'
import type { Engine } from '../engine/protocol.ts'
import type { EngineSpec } from '../engine/spec.ts'
import type { Preparation } from '../entries/prepare.ts'
import { locate } from '../install/packages.ts'
import { peerRow } from '../peers/registry.ts'
import type { Host } from './compare.ts'
import { EngineError } from './errors.ts'
import { NodeEngine, Talker } from './process.ts'

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
  readonly #workspace = mkdtempSync(join(tmpdir(), 'vitrine-bench-'))
  readonly #written = new Map<string, Promise<void>>()
  readonly #calibrator: Talker<{ ask: 'look' }, { rate: number }>
  #best = 0

  private constructor(options: NodeHostOptions, calibrator: Talker<object, object>) {
    this.#options = options
    this.#calibrator = calibrator as Talker<{ ask: 'look' }, { rate: number }>
    process.once('exit', this.#removeAll)
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
    const files = await this.prepare(bench, engine)
    const { node, graph, timeout } = this.#options
    return new NodeEngine(node, { bench, engine, graph, files, packages }, timeout)
  }

  /** Writes the model's files for an engine, unless another has asked for the same. */
  async prepare(bench: Case, { peer, dtype }: EngineSpec): Promise<string> {
    const { format } = peerRow(peer)
    const folder = join(this.#workspace, `${format}-${dtype}`)
    let written = this.#written.get(folder)
    if (!written) {
      const { graph, node, timeout } = this.#options
      const preparation: Preparation = { bench, graph, dtype, format, folder }
      written = new Talker(node, [], 'prepare', preparation, timeout)
        .done()
        .catch((error: Error) => {
          throw new EngineError('failed', `its model could not be written: ${error.message}`)
        })
      this.#written.set(folder, written)
    }
    await written
    return folder
  }

  async calibrate(): Promise<number> {
    const { rate } = await this.#calibrator.ask({ ask: 'look' })
    this.#best = Math.max(this.#best, rate)
    return rate / this.#best
  }

  async clear(): Promise<void> {
    for (const folder of this.#written.keys()) await rm(folder, { recursive: true, force: true })
    this.#written.clear()
  }

  dispose(): void {
    this.#calibrator.kill()
    process.off('exit', this.#removeAll)
    this.#removeAll()
  }

  readonly #removeAll = () => {
    if (existsSync(this.#workspace)) {
      rmSync(this.#workspace, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}
