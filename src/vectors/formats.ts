import { ArgumentError } from '../errors.ts'
import type { VectorRecord } from './record.ts'

/** One vector, or the vectors of one image's tokens, and what it is of. */
export interface Row {
  readonly name: string
  readonly values: Float32Array
}

/** Rows that are written, and what is known of them. */
export interface Written {
  readonly rows: AsyncIterable<Row>
  readonly dtype: 'f16' | 'f32'
  readonly subject: 'image' | 'text'
  /** Known after the last row. */
  record(): VectorRecord
}

/** Rows that are read. `values` is `[names.length, width]`. */
export interface Block {
  readonly names: readonly string[]
  readonly values: Float32Array
}

/** An open file of vectors. */
export interface VectorFile {
  readonly record: VectorRecord
  /** @throws FormatError where the file is damaged, or not the one that its record is of */
  blocks(signal: AbortSignal): AsyncGenerator<Block, void, undefined>
}

export const formatNames = ['npy', 'parquet', 'jsonl'] as const

export type FormatName = (typeof formatNames)[number]

/** The file with the record of a file that has no room for one. */
export const besideOf = (path: string) => `${path}.json`

/** @throws ArgumentError for another extension */
export function formatOf(path: string): FormatName {
  const found = formatNames.find((name) => path.toLowerCase().endsWith(`.${name}`))
  if (found) return found
  throw new ArgumentError(
    `A file of vectors ends in ${formatNames.map((name) => `.${name}`).join(', ')}: found ${path}.`,
  )
}
