import { decodeEvent, encodeEvent, FILE_VERSION, type LoggedEvent } from './events.ts'
import { readRecords, recordOf } from './records.ts'
import type { LogSink } from './sink.ts'

/** The names under which the release logs. */
export const TAGS = {
  trainLoss: 'train_loss',
  trainSpeed: 'img_sec_core_train',
  testAccuracy: 'accuracy_test',
  testSpeed: 'img_sec_core_test',
  learningRate: 'lr',
} as const

/**
 * A name for a new event file, as TensorBoard looks for it. A run that is resumed writes another file into the same
 * folder.
 * @param time milliseconds since 1970
 * @param suffix tells files of the same second apart
 */
export const eventFileName = (time: number, suffix: string): string =>
  `events.out.tfevents.${Math.floor(time / 1000)}.vitrine.${suffix}`

/** Writes an event file for TensorBoard. */
export class EventLog {
  readonly #sink: LogSink
  readonly #now: () => number

  /** @param now milliseconds since 1970 */
  private constructor(sink: LogSink, now: () => number) {
    this.#sink = sink
    this.#now = now
  }

  /**
   * Begins an empty file.
   * @param resumedAt the first step that is computed anew, if the run goes on from a checkpoint: TensorBoard forgets
   *   what earlier files of the run have from there on
   */
  static async begin(
    sink: LogSink,
    { resumedAt, now = Date.now }: { resumedAt?: number; now?: () => number } = {},
  ): Promise<EventLog> {
    const log = new EventLog(sink, now)
    await log.#write({ step: 0, fileVersion: FILE_VERSION })
    if (resumedAt !== undefined) await log.#write({ step: resumedAt, starts: true })
    return log
  }

  /** Logs numbers at a step, by their tags: an event for each, as the release does. */
  async scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    for (const [tag, value] of Object.entries(values)) {
      await this.#write({ step, scalars: [{ tag, value }] })
    }
  }

  close(): Promise<void> {
    return this.#sink.close()
  }

  #write(event: Omit<LoggedEvent, 'wallTime'>): Promise<void> {
    const wallTime = this.#now() / 1000
    return this.#sink.append(recordOf(encodeEvent({ wallTime, ...event })))
  }
}

/**
 * Reads an event file of TensorBoard, whoever wrote it.
 * @throws FormatError at a record that is damaged or cut off, after those before it
 */
export function* readEvents(file: Uint8Array, name?: string): Generator<LoggedEvent> {
  for (const record of readRecords(file, name)) yield decodeEvent(record)
}
