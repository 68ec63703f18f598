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
   * Begins an empty file. TensorBoard forgets what earlier files of the same folder have from `firstStep` on, so that a
   * run that goes on from a checkpoint replaces what it computes anew.
   * @param firstStep the first step that is logged; 0 by default
   */
  static async begin(
    sink: LogSink,
    { firstStep = 0, now = Date.now }: { firstStep?: number; now?: () => number } = {},
  ): Promise<EventLog> {
    const log = new EventLog(sink, now)
    await log.#write({ step: 0, fileVersion: FILE_VERSION })
    // The first session of a folder only counts as a beginning; later ones forget.
    await log.#write({ step: firstStep, starts: true })
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
