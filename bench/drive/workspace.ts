import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case, Graph } from '../cases/case.ts'
import type { EngineSpec } from '../engine/spec.ts'
import type { Preparation } from '../entries/prepare.ts'
import { peerRow } from '../peers/registry.ts'
import { EngineError } from './errors.ts'
import { Talker } from './process.ts'

export interface WorkspaceOptions {
  /** The Node binary that writes the files. */
  readonly node: string
  /** How long writing one model may take, in milliseconds. */
  readonly timeout: number
}

/** The models' files as engines read them, in a folder that is gone when the process is. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'))
  readonly #options: WorkspaceOptions
  /** What is or will be written, by case and then by folder. */
  readonly #written = new Map<string, Map<string, Promise<void>>>()

  constructor(options: WorkspaceOptions) {
    this.#options = options
    process.once('exit', this.#removeAll)
  }

  /**
   * Writes the model's files for an engine, unless another has asked for the same.
   * @returns the name of their folder in this one's
   * @throws EngineError where that fails
   */
  async prepare(bench: Case, { peer, dtype }: EngineSpec, graph: Graph): Promise<string> {
    const { format } = peerRow(peer)
    const key = keyOf(bench)
    const name = `${key}-${graph}-${format}-${dtype}`
    const folders = this.#written.get(key) ?? new Map<string, Promise<void>>()
    this.#written.set(key, folders)
    let written = folders.get(name)
    if (!written) {
      const { node, timeout } = this.#options
      const folder = join(this.folder, name)
      const preparation: Preparation = { bench, graph, dtype, format, folder }
      written = new Talker(node, [], 'prepare', preparation, timeout)
        .done()
        .catch((error: Error) => {
          throw new EngineError('failed', `its model could not be written: ${error.message}`)
        })
      folders.set(name, written)
    }
    await written
    return name
  }

  /** Removes the files of a case. */
  async clear(bench: Case): Promise<void> {
    const key = keyOf(bench)
    const folders = this.#written.get(key) ?? new Map<string, Promise<void>>()
    this.#written.delete(key)
    for (const [name, written] of folders) {
      await written.catch(() => {})
      await rm(join(this.folder, name), { recursive: true, force: true })
    }
  }

  dispose(): void {
    process.off('exit', this.#removeAll)
    this.#removeAll()
  }

  readonly #removeAll = () => {
    if (existsSync(this.folder)) {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

/** The same for cases with the same files: how they are run makes no difference to a model. */
function keyOf({ threads: _, ...bench }: Case): string {
  return createHash('sha256').update(JSON.stringify(bench)).digest('hex').slice(0, 16)
}
