import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { npyHeader } from '../../checkpoint/write/npy.ts'
import { ArgumentError, SourceError } from '../../errors.ts'
import { writeBeside } from '../../vectors/beside.ts'
import { besideOf, formatOf, type Row, type Written } from '../../vectors/formats.ts'
import type { VectorRecord } from '../../vectors/record.ts'
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

export interface Files {
  /** `.npy`, `.parquet` or `.jsonl`. */
  readonly output: string
  readonly dtype: 'f16' | 'f32'
  /** With `.npy`, a file with the name of each row: a JSON array if its name ends in .json, else lines. */
  readonly names?: string | undefined
}

/** What is known of the vectors before the first is computed, but for the model that makes them. */
export type Described = Omit<VectorRecord, 'version' | 'maker' | 'shape' | 'dtype'>

/** @throws UsageError for an output of another kind, and for the same file twice */
export function checkFiles({ output, names, dtype }: Files): void {
  const format = formatOf(output)
  if (format === 'jsonl' && dtype === 'f16') {
    throw new UsageError('--out-dtype f16 is for .npy and .parquet; JSON has no such numbers.')
  }
  if (names === undefined) return
  if (format !== 'npy') {
    throw new UsageError(`--names goes with .npy; a .${format} file has the names itself.`)
  }
  if ([output, besideOf(output)].some((path) => resolve(path) === resolve(names))) {
    throw new UsageError(
      '--names and --output write the same file; the vectors and their names need one each.',
    )
  }
}

/**
 * Writes vectors as they arrive. Each file appears complete or not at all. Images that fail have no row.
 * @param maker of the vectors, known once the first of them is there
 * @throws SourceError if a file can't be written or no image could be read; ArgumentError for a name with a line break
 *   where names are written as lines; UnsupportedError for a value that f16 can't hold
 */
export async function saveVectors(
  outcomes: AsyncIterable<Outcome<Embedding>>,
  { output, names, dtype }: Files,
  described: Described,
  maker: () => VectorRecord['maker'],
  signal: AbortSignal,
): Promise<void> {
  const format = formatOf(output)
  const { subject } = described
  let count = 0
  let failed = 0
  let shape: readonly number[] = []
  const rowNames: string[] = []
  const record = (): VectorRecord => ({ version: 1, maker: maker(), ...described, shape, dtype })
  const written: Written = { rows: rows(), dtype, subject, record }
  const hash = createHash('sha256')

  await saveAll()
  const size = [count, ...shape].join(' x ')
  const missing = failed > 0 ? `; ${countOf(failed, subject)} failed and left no row` : ''
  note(`${output}: ${size} ${dtype === 'f16' ? 'float16' : 'float32'}${missing}`)

  /** A file that is opened first shows before any image is computed that it can't be written. */
  async function saveAll(): Promise<void> {
    if (format === 'parquet') {
      const { parquetChunks } = await import('../../vectors/parquet.ts')
      return void (await writeAtomically(output, parquetChunks(written), { signal }))
    }
    const save = names === undefined ? saveValues : () => saveText(names, saveValues, namesText)
    await saveText(besideOf(output), save, () =>
      writeBeside({ record: record(), sha256: hash.digest('hex'), names: rowNames }),
    )
  }

  async function saveValues(): Promise<void> {
    if (format === 'npy') {
      const { npyChunks } = await import('../../vectors/npy.ts')
      const head = () => npyHeader([count, ...shape], dtype)
      await writeAtomically(output, npyChunks(written, hash), { signal, head })
    } else {
      const { jsonlChunks } = await import('../../vectors/jsonl.ts')
      await writeAtomically(output, jsonlChunks(written, hash), { signal })
    }
  }

  async function saveText(path: string, before: () => Promise<void>, text: () => string) {
    await writeAtomically(path, chunks(), { signal })

    async function* chunks(): AsyncGenerator<Uint8Array> {
      await before()
      yield new TextEncoder().encode(text())
    }
  }

  function namesText(): string {
    if (/\.json$/i.test(names!)) return `${JSON.stringify(rowNames, null, 1)}\n`
    return rowNames.map((name) => `${name}\n`).join('')
  }

  async function* rows(): AsyncGenerator<Row> {
    for await (const outcome of outcomes) {
      if ('error' in outcome) {
        failed++
        continue
      }
      const { image: name, value } = outcome
      if (names !== undefined && !/\.json$/i.test(names) && /[\r\n]/.test(name)) {
        throw new ArgumentError(
          `${JSON.stringify(name)} has a line break, and ${names} has one name per line; name a .json file instead.`,
        )
      }
      const tokens = value.values.length / value.width
      shape = tokens === 1 ? [value.width] : [tokens, value.width]
      count++
      if (format === 'npy') rowNames.push(name)
      yield { name, values: value.values }
    }
    if (count === 0) {
      throw new SourceError(`No ${subject} could be read, so ${output} was not written.`)
    }
  }
}
