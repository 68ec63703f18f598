import { FormatError } from '../../errors.ts'
import type { LogSink } from './sink.ts'

/** What a line says: numbers, texts, and lists or groups of them. */
export type LogEntry = Readonly<Record<string, unknown>>

/** Writes a log of one JSON object per line. Numbers that JSON does not have are written as texts, such as "NaN". */
export class JSONLinesLog {
  readonly #sink: LogSink
  readonly #encoder = new TextEncoder()

  constructor(sink: LogSink) {
    this.#sink = sink
  }

  write(entry: LogEntry): Promise<void> {
    return this.#sink.append(this.#encoder.encode(`${JSON.stringify(entry, nameOdd)}\n`))
  }

  close(): Promise<void> {
    return this.#sink.close()
  }
}

const nameOdd = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

/**
 * Reads such a log. The last line may be cut off, if the process that wrote it was killed; it is left out then.
 * @throws FormatError for any other line that is no JSON object
 */
export function readJSONLines(text: string, name = 'The log'): LogEntry[] {
  const lines = text.split('\n')
  // Whole lines end with a line feed, so the last piece is empty or cut off.
  lines.pop()
  return lines.map((line, i) => {
    const fail = (cause?: unknown) =>
      new FormatError(`${name} is damaged: line ${i + 1} is no JSON object.`, { cause })
    let entry: unknown
    try {
      entry = JSON.parse(line)
    } catch (cause) {
      throw fail(cause)
    }
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw fail()
    return entry as LogEntry
  })
}
