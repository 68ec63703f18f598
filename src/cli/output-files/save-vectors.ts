import { resolve } from 'node:path'
import { ArgumentError, SourceError } from '../../errors.ts'
import { UsageError } from '../exit.ts'
import type { Outcome } from '../inputs/each-image.ts'
import { note } from '../output.ts'
import { countOf } from '../view/colours.ts'
import { writeAtomically } from './atomic-write.ts'
import { npyBytes, npyHeader } from './npy.ts'

/** What the head multiplies, for one image: vectors of `width`, one behind the other. */
export interface Embedding {
  readonly values: Float32Array
  readonly width: number
}

interface Files {
  /** A NumPy file, `[images, width]`, or `[images, tokens, width]` of a model that does not pool. */
  readonly output: string
  /** Which image each row is of: a JSON array where the name ends so, else lines. */
  readonly names?: string | undefined
}

/** @throws UsageError for names that say another format, or the same file twice */
export function checkFiles({ output, names }: Files): void {
  if (!/\.npy$/i.test(output)) {
    throw new UsageError(`embed -o writes NumPy's .npy; name the output so, not ${output}.`)
  }
  if (names !== undefined && resolve(names) === resolve(output)) {
    throw new UsageError('Vectors and names can not be written to the same file.')
  }
}

/**
 * Writes vectors as they come; both files are seen whole or not at all. Images that failed have no row.
 * @throws SourceError where a file can't be written, or no image could be read
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
  // The list is opened first, so that it is known to be writable before anything is computed.
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
    yield npyHeader([])
    for await (const outcome of outcomes) {
      if ('error' in outcome) {
        failed++
        continue
      }
      const { image, value } = outcome
      if (names !== undefined && !/\.json$/i.test(names) && /[\r\n]/.test(image)) {
        throw new ArgumentError(
          `${JSON.stringify(image)} does not fit into a line of ${names}; name a .json file.`,
        )
      }
      const tokens = value.values.length / value.width
      shape = tokens === 1 ? [value.width] : [tokens, value.width]
      rows.push(image)
      yield npyBytes(value.values)
    }
    if (rows.length === 0) {
      throw new SourceError(`No image could be read, so ${output} is not written.`)
    }
  }
}
