import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openCheckpoint } from '../../checkpoint/read/open.ts'
import { FormatError, SourceError } from '../../errors.ts'
import { draftedName } from '../../platform/node/drafts.ts'
import { visible } from '../../platform/url-name.ts'
import type { TrainEvent } from '../../train/events.ts'
import { EventLog, eventFileName, TAGS } from '../../train/log/event-log.ts'
import { JSONLinesLog, readJSONLines } from '../../train/log/json-lines.ts'
import { appendTo } from '../../train/log/node/append.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'
import { FolderLock } from './folder-lock.ts'

const MODEL = 'model.safetensors'
const BEST = 'best.safetensors'
const LOG = 'train.jsonl'
const STATE = /^checkpoint_(\d+)\.safetensors$/

/** States of a run that are kept, the last ones. */
const KEPT = 3

/** A state from which a run goes on. */
interface State {
  /** The update after which it goes on. */
  readonly step: number
  readonly path: string
}

interface Logs {
  readonly events: EventLog
  readonly lines: JSONLinesLog
}

/**
 * The folder of a run: `checkpoint_N.safetensors`, from which it goes on; `best.safetensors`, the best model so far;
 * `train.jsonl` and an event file of TensorBoard; in the end `model.safetensors`, so that the folder loads as a
 * checkpoint.
 */
export class RunFolder {
  readonly #path: string
  readonly #signal: AbortSignal
  /** Updates from one logged update to the next; 0 for none. */
  readonly #progressEvery: number
  /** The update after which the run goes on; undefined for a new one. */
  #resumedAt: number | undefined
  readonly #lock: FolderLock | undefined
  #logs: Logs | undefined

  private constructor(
    path: string,
    signal: AbortSignal,
    progressEvery: number,
    lock: FolderLock | undefined,
  ) {
    this.#path = path
    this.#signal = signal
    this.#progressEvery = progressEvery
    this.#lock = lock
  }

  /** @throws SourceError where it can't be made, or another process trains in it */
  static async open(
    path: string,
    signal: AbortSignal,
    { progressEvery = 1 }: { readonly progressEvery?: number | undefined } = {},
  ): Promise<RunFolder> {
    await mkdir(path, { recursive: true }).catch((cause) => {
      throw new SourceError(`Can't make the folder ${visible(path)}: ${cause.message}.`, { cause })
    })
    const lock = await FolderLock.take(path, signal)
    if (lock) await removeDrafts(path)
    return new RunFolder(path, signal, progressEvery, lock)
  }

  /**
   * The newest state, if the run was interrupted; undefined for a new run.
   * @throws FormatError where it is damaged; SourceError where a new run would replace a model that is there
   */
  async state(): Promise<State | undefined> {
    const [newest, before] = await this.#states()
    if (newest === undefined) {
      await this.#requireFree()
      return undefined
    }
    const path = resolve(this.#file(newest))
    const file = await openCheckpoint(path).catch((cause) => {
      if (!(cause instanceof FormatError)) throw cause
      const then =
        before === undefined ? 'the run begins anew' : `it goes on after update ${before}`
      throw new FormatError(
        `${visible(path)} is damaged, so the run can't go on from it: ${cause.message} If you remove it, ${then}.`,
        { cause },
      )
    })
    await file.close()
    this.#resumedAt = newest
    return { step: newest, path }
  }

  /** Logs what happened, under the release's names, and keeps states and the best model. */
  async take(event: TrainEvent): Promise<void> {
    this.#logs ??= await this.#openLogs()
    if (event.type === 'checkpoint') return this.#keep(event.step, event.state)
    if (event.type === 'step') return this.#logStep(event)
    if (event.type !== 'evaluation') return
    const { step, evaluation, isBest, model } = event
    const { accuracy, loss, pictures } = evaluation
    if (isBest) await this.#write(join(this.#path, BEST), model)
    await this.#logs.lines.write({ step, validation: { accuracy, loss, pictures }, best: isBest })
    await this.#logs.events.scalars(step, { accuracy_validation: accuracy })
  }

  /**
   * Writes the trained model.
   * @param isBest whether it is the one that was kept as the best
   * @returns its path
   */
  async finish(
    model: Uint8Array,
    step: number,
    accuracy: number | undefined,
    isBest: boolean,
  ): Promise<string> {
    this.#logs ??= await this.#openLogs()
    const path = join(this.#path, MODEL)
    await this.#write(path, [model])
    if (isBest) await rm(join(this.#path, BEST), { force: true })
    if (accuracy !== undefined) {
      await this.#logs.lines.write({ step, test: { accuracy } })
      await this.#logs.events.scalars(step, { [TAGS.testAccuracy]: accuracy })
    }
    return path
  }

  async close(): Promise<void> {
    try {
      await this.#logs?.events.close()
      await this.#logs?.lines.close()
    } finally {
      await this.#lock?.release()
    }
  }

  /** Opened with the first event, so that a run that is refused leaves none. */
  async #openLogs(): Promise<Logs> {
    const at = this.#resumedAt
    if (at === undefined) await this.#forgetAll()
    else await this.#forgetAfter(at)
    const events = join(this.#path, eventFileName(Date.now(), String(process.pid)))
    const options = at === undefined ? {} : { firstStep: at + 1 }
    return {
      events: await EventLog.begin(await appendTo(events), options),
      lines: new JSONLinesLog(await appendTo(join(this.#path, LOG), { lines: true })),
    }
  }

  async #logStep(event: Extract<TrainEvent, { type: 'step' }>): Promise<void> {
    const { step, totalSteps, loss, learningRate, imagesPerSecond, norm } = event
    const every = this.#progressEvery
    if (every === 0 || (step % every !== 0 && step !== totalSteps)) return
    await this.#logs?.lines.write({ step, loss, learningRate, imagesPerSecond, norm })
    await this.#logs?.events.scalars(step, {
      [TAGS.trainLoss]: loss,
      [TAGS.trainSpeed]: imagesPerSecond,
      [TAGS.learningRate]: learningRate,
    })
  }

  async #keep(step: number, state: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#write(this.#file(step), state)
    for (const old of (await this.#states()).slice(KEPT)) await rm(this.#file(old), { force: true })
  }

  /** Whole or not at all, also if the machine loses power. */
  #write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    return writeAtomically(path, chunks, { signal: this.#signal, sync: true })
  }

  /** What a run left that ended before its first state; it begins anew. TensorBoard's files say so themselves. */
  async #forgetAll(): Promise<void> {
    for (const name of [LOG, BEST]) await rm(join(this.#path, name), { force: true })
  }

  /** A run that goes on computes updates again that were logged already; the log has each once. */
  async #forgetAfter(step: number): Promise<void> {
    const path = join(this.#path, LOG)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) return
    const lines = readJSONLines(text, visible(path))
    const kept = lines.filter((line) => Number(line.step) <= step && line.test === undefined)
    const bytes = new TextEncoder().encode(kept.map((line) => `${JSON.stringify(line)}\n`).join(''))
    await this.#write(path, [bytes])
  }

  /** @throws SourceError where the folder has a model and no state */
  async #requireFree(): Promise<void> {
    if (!(await readdir(this.#path)).includes(MODEL)) return
    throw new SourceError(
      `${visible(this.#path)} has a ${MODEL} already, and no state to go on from. Give another folder, or remove the file, which the run would replace.`,
    )
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

/** What a killed run was writing, which may be as large as a model. While the folder is locked, no other process writes these files. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const drafted = draftedName(name)
    if (drafted === undefined) continue
    if (!STATE.test(drafted) && drafted !== BEST && drafted !== MODEL) continue
    await rm(join(folder, name), { force: true }).catch(() => {})
  }
}
