import { resolve } from 'node:path'
import { npyBytes, npyHeader } from '../../checkpoint/write/npy.ts'
import { ArgumentError, SourceError } from '../../errors.ts'
import { UsageError } from '../exit.ts'
import type { Outcome } from '../inputs/each-image.ts'
import { note } from '../output.ts'
import { countOf } from '../view/units.ts'
import { writeAtomically } from './atomic-write.ts'

/** The features of one image: one or more vectors of `width` values, concatenated. */
export interface Embedding {
  readonly values: Float32Array
  readonly width: number
}

interface Files {
  /** A NumPy file, `[images, width]`, or `[images, tokens, width]` for a model that does not pool. */
  readonly output: string
  /** A file with the image of each row: a JSON array if its name ends in .json, else lines. */
  readonly names?: string | undefined
}

/** @throws UsageError for an output that is not named .npy, and for the same file twice */
export function checkFiles({ output, names }: Files): void {
  if (!/\.npy$/i.test(output)) {
    throw new UsageError(
      `embed -o writes a NumPy file: expected a name that ends in .npy, found ${output}.`,
    )
  }
  if (names !== undefined && resolve(names) === resolve(output)) {
    throw new UsageError(
      '--names and -o are the same file; the vectors and their names need one each.',
    )
  }
}

/**
 * Writes vectors as they arrive. Each file appears complete or not at all. Images that fail have no
 * row.
 * @throws SourceError if a file can't be written or no image could be read; ArgumentError for a name
 *   with a line break where names are written as lines
 */
export async function saveVectors(
  outcomes: AsyncIterable<Outcome<Embedding>>,
  { output, names }: Files,
  signal: AbortSignal,
): Promise<void> {
  const rows: string[] = []
  let failed = 0
  let shape: readonly number[] = []
  if (names === undefined) await saveValues()
  // The names file is opened first: if it can't be written, that shows before any image is computed.
  else await writeAtomically(names, list(names), { signal })
  const size = [rows.length, ...shape].join(' x ')
  const missing = failed > 0 ? `; ${countOf(failed, 'image')} failed and left no row` : ''
  note(`${output}: ${size} float32${missing}`)

  async function* list(path: string): AsyncGenerator<Uint8Array> {
    await saveValues()
    const json = /\.json$/i.test(path)
    const text = json
      ? `${JSON.stringify(rows, null, 1)}\n`
      : rows.map((row) => `${row}\n`).join('')
    yield new TextEncoder().encode(text)
  }

  async function saveValues(): Promise<void> {
    const head = () => npyHeader([rows.length, ...shape])
    await writeAtomically(output, values(), { signal, head })
  }

  async function* values(): AsyncGenerator<Uint8Array> {
    // A placeholder: the number of rows is known at the end.
    yield npyHeader([])
    for await (const outcome of outcomes) {
      if ('error' in outcome) {
        failed++
        continue
      }
      const { image, value } = outcome
      if (names !== undefined && !/\.json$/i.test(names) && /[\r\n]/.test(image)) {
        throw new ArgumentError(
          `${JSON.stringify(image)} has a line break, and ${names} has one name per line; name a .json file instead.`,
        )
      }
      const tokens = value.values.length / value.width
      shape = tokens === 1 ? [value.width] : [tokens, value.width]
      rows.push(image)
      yield npyBytes(value.values)
    }
    if (rows.length === 0) {
      throw new SourceError(`No image could be read, so ${output} was not written.`)
    }
  }
}
