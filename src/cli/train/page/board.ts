import { join } from 'node:path'
import type { Evaluation } from '../../../train/evaluation/evaluation.ts'
import type { TrainEvent } from '../../../train/events.ts'
import { writeAtomically } from '../../output-files/atomic-write.ts'
import type { Speed } from '../pace.ts'
import { evaluationFacts, messagesOf } from './facts.ts'
import { FACTS, type RunFile, readRun } from './history.ts'
import { runHtml } from './html.ts'
import { apply, emptyRecord, type Message, type RunRecord } from './messages.ts'
import type { PageServer } from './server.ts'

export interface BoardOptions {
  /** The folder of the run. */
  readonly folder: string
  /** What it begins with, for people. */
  readonly model: string
  /** The data set, for people. */
  readonly title: string
  /** Whether the run goes on from a state in the folder. */
  readonly isResumed: boolean
  readonly signal: AbortSignal
}

/**
 * What is shown of a run: collected while it runs, served as a live page if that is wanted, and kept in its folder, as
 * `run.json` and in the end as `report.html`.
 */
export class RunBoard {
  readonly #options: BoardOptions
  readonly #record: RunRecord
  #server: PageServer | undefined

  private constructor(options: BoardOptions, record: RunRecord) {
    this.#options = options
    this.#record = record
  }

  static async open(options: BoardOptions): Promise<RunBoard> {
    const before = options.isResumed ? await readRun(options.folder) : undefined
    return new RunBoard(options, before ?? emptyRecord())
  }

  /**
   * Serves the live page.
   * @param port the first free one if undefined
   * @returns its address
   * @throws SourceError for a port that is in use
   */
  async serve(port: number | undefined): Promise<string> {
    const { PageServer } = await import('./server.ts')
    const html = await runHtml(this.#options.title)
    this.#server = await PageServer.open({ port, html, snapshot: () => this.#record })
    return this.#server.url
  }

  /** @param speed after an update */
  async take(event: TrainEvent, speed: Speed | undefined): Promise<void> {
    for (const message of await messagesOf(event, this.#options.model, speed)) this.#tell(message)
    if (event.type === 'start' || event.type === 'evaluation') await this.#keep()
  }

  /** @returns the path of the report */
  async finish(test: Evaluation | undefined, step: number): Promise<string> {
    if (test && test.pictures > 0) {
      this.#tell({ type: 'evaluation', evaluation: await evaluationFacts(test, 'test', step) })
      await this.#keep()
    }
    this.#tell({ type: 'end', how: 'finished' })
    const path = join(this.#options.folder, 'report.html')
    const html = await runHtml(this.#options.title, this.#record)
    await this.#write(path, html)
    return path
  }

  /** @param reason why the run ended before its end */
  async close(reason?: string): Promise<void> {
    const { phase } = this.#record.state
    if (phase !== 'finished') this.#tell({ type: 'end', how: 'stopped', ...(reason && { reason }) })
    await this.#server?.close()
  }

  #tell(message: Message): void {
    apply(this.#record, message)
    this.#server?.send(message)
  }

  async #keep(): Promise<void> {
    const { run, evaluations } = this.#record
    if (!run) return
    const file: RunFile = { run, evaluations }
    await this.#write(join(this.#options.folder, FACTS), JSON.stringify(file))
  }

  #write(path: string, text: string): Promise<number> {
    return writeAtomically(path, [Buffer.from(text)], { signal: this.#options.signal })
  }
}
