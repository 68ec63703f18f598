import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { FormatError, SourceError } from '../../errors.ts'
import { shorten, show } from '../../show.ts'

/** An image that a list names, by a path or a URL. */
export interface Listed {
  readonly name: string
  /** The name that it has in results, if it is another one. */
  readonly id?: string | undefined
}

/** The columns of a table that may name the image, the first that it has. */
const IMAGE_COLUMNS = ['image', 'path', 'file_name', 'file', 'url']

/** Whether a file is a list of images by its name. */
export const isTable = (path: string): boolean => /\.(jsonl|ndjson|csv|txt)$/i.test(path)

/**
 * The images that a list names: a line for each (`.txt`), an object for each (`.jsonl`: `{"image": …, "id": …}`), or a
 * record for each, after a header (`.csv`). `id` may be missing.
 * @throws SourceError if it can't be read, FormatError naming the line that is wrong
 */
export async function* listedIn(path: string, signal: AbortSignal): AsyncGenerator<Listed> {
  if (/\.csv$/i.test(path)) return yield* inCSV(path, signal)
  const isText = /\.txt$/i.test(path)
  let number = 0
  for await (const line of linesOf(path, signal)) {
    number++
    if (line.trim() === '') continue
    if (isText) yield { name: line }
    else yield listed(parsed(line, path, number), `Line ${number} of ${path}`)
  }
}

async function* linesOf(path: string, signal: AbortSignal): AsyncGenerator<string> {
  const stream = createReadStream(path, { encoding: 'utf8', signal })
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      yield line.replace(/^\ufeff/, '')
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw new SourceError(`Can't read ${path}: ${(cause as Error).message}.`, { cause })
  } finally {
    stream.destroy()
  }
}

function parsed(line: string, path: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new FormatError(`Line ${number} of ${path} is no JSON: ${shorten(line)}.`, { cause })
  }
}

async function* inCSV(path: string, signal: AbortSignal): AsyncGenerator<Listed> {
  const { default: papa } = await import('papaparse')
  const stream = createReadStream(path, { encoding: 'utf8', signal })
  const parser = stream.pipe(
    papa.parse(papa.NODE_STREAM_INPUT, { header: true, delimiter: ',', skipEmptyLines: true }),
  )
  stream.on('error', (error) => parser.destroy(error))
  let number = 1
  try {
    for await (const record of parser) {
      number++
      yield listed(record, `Record ${number} of ${path}`)
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof FormatError) throw cause
    throw new SourceError(`Can't read ${path}: ${(cause as Error).message}.`, { cause })
  } finally {
    stream.destroy()
  }
}

function listed(value: unknown, place: string): Listed {
  if (typeof value === 'string' && value !== '') return { name: value }
  const record = (value ?? {}) as Record<string, unknown>
  const column = IMAGE_COLUMNS.find((name) => Object.hasOwn(record, name))
  const name = column === undefined ? undefined : record[column]
  const { id } = record
  if (typeof name !== 'string' || name === '') {
    const found = Object.keys(record).slice(0, 10).join(', ')
    throw new FormatError(
      `${place} names no image: it needs ${IMAGE_COLUMNS.join(', ')} as a text, and has ${found || show(value)}.`,
    )
  }
  if (id === undefined || id === '') return { name }
  if (typeof id === 'string' || Number.isSafeInteger(id)) return { name, id: String(id) }
  throw new FormatError(`${place} has an id that is neither a text nor a whole number.`)
}
