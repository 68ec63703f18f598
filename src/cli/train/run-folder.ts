import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceError } from '../../errors.ts'
import { visible } from '../../platform/url-name.ts'
import { EventLog, eventFileName, TAGS } from '../../train/log/event-log.ts'
import { JSONLinesLog } from '../../train/log/json-lines.ts'
import { appendTo } from '../../train/log/node/append.ts'
import type { TrainEvent } from '../../train/train.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'

const MODEL = 'model.safetensors'
const STATE = /^checkpoint_(\d+)\.safetensors$/

/** States of a run that are kept, the last ones. */
const KEPT = 3

/**
 * The folder of a run: `checkpoint_N.safetensors`, from which it goes on; `train.jsonl` and an event file of
 * TensorBoard; in the end `model.safetensors`, so that the folder loads as a checkpoint.
 */
export class RunFolder {
  readonly #path: string
  readonly #signal: AbortSignal
  #events: EventLog | undefined
  #lines: JSONLinesLog | undefined

  private constructor(path: string, signal: AbortSignal) {
    this.#path = path
    this.#signal = signal
  }

  /** @throws SourceError where it can't be made */
  static async open(path: string, signal: AbortSignal): Promise<RunFolder> {
    await mkdir(path, { recursive: true }).catch((cause) => {
      throw new SourceError(`Can't make the folder ${visible(path)}: ${cause.message}.`, { cause })
    })
    return new RunFolder(path, signal)
  }

  /** The newest state, if the run was interrupted; undefined for a new run. */
  async state(): Promise<{ readonly step: number; readonly bytes: Uint8Array } | undefined> {
    const [newest] = await this.#states()
    if (newest === undefined) return undefined
    return { step: newest, bytes: await readFile(this.#file(newest)) }
  }

  /** Opens the logs. @param resumedAt the update after which a run goes on */
  async begin(resumedAt: number | undefined): Promise<void> {
    const events = join(this.#path, eventFileName(Date.now(), String(process.pid)))
    const options = resumedAt === undefined ? {} : { firstStep: resumedAt + 1 }
    this.#events = await EventLog.begin(await appendTo(events), options)
    this.#lines = new JSONLinesLog(await appendTo(join(this.#path, 'train.jsonl'), { lines: true }))
  }

  /** Logs what happened, under the release's names, and keeps states. */
  async take(event: TrainEvent): Promise<void> {
    if (event.type === 'checkpoint') return this.#keep(event.step, event.state)
    if (event.type === 'step') {
      const { step, loss, learningRate, imagesPerSecond, norm } = event
      await this.#lines?.write({ step, loss, learningRate, imagesPerSecond, norm })
      await this.#events?.scalars(step, {
        [TAGS.trainLoss]: loss,
        [TAGS.trainSpeed]: imagesPerSecond,
        [TAGS.learningRate]: learningRate,
      })
      return
    }
    if (event.type !== 'evaluation') return
    const { step, evaluation } = event
    const { accuracy, loss, pictures } = evaluation
    await this.#lines?.write({ step, validation: { accuracy, loss, pictures } })
    await this.#events?.scalars(step, { accuracy_validation: accuracy })
  }

  /** Writes the trained model. @returns its path */
  async finish(model: Uint8Array, step: number, accuracy: number | undefined): Promise<string> {
    const path = join(this.#path, MODEL)
    await writeAtomically(path, [model], { signal: this.#signal })
    if (accuracy !== undefined) {
      await this.#lines?.write({ step, test: { accuracy } })
      await this.#events?.scalars(step, { [TAGS.testAccuracy]: accuracy })
    }
    return path
  }

  async close(): Promise<void> {
    await this.#events?.close()
    await this.#lines?.close()
  }

  async #keep(step: number, state: Uint8Array): Promise<void> {
    await writeAtomically(this.#file(step), [state], { signal: this.#signal })
    for (const old of (await this.#states()).slice(KEPT)) await rm(this.#file(old), { force: true })
  }

  /** The updates of the states that are there, the newest first. */
  async #states(): Promise<number[]> {
    const steps = (await readdir(this.#path)).flatMap((name) => STATE.exec(name)?.[1] ?? [])
    return steps.map(Number).sort((one, other) => other - one)
  }

  #file(step: number): string {
    return join(this.#path, `checkpoint_${step}.safetensors`)
  }
}
