import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { printableJSON } from '../controls.ts'
import { FormatError } from '../errors.ts'
import { isArrayOf } from '../fields.ts'
import type { Beside } from './beside.ts'
import type { Block, Written } from './formats.ts'

/** One object per line: `image` or `text`, and `embedding`, the values one after the other. */
export async function* jsonlChunks(
  { rows, subject }: Pick<Written, 'rows' | 'subject'>,
  hash: Hash,
): AsyncGenerator<Uint8Array> {
  for await (const { name, values } of rows) {
    const line = printableJSON(JSON.stringify({ [subject]: name, embedding: [...values] }))
    const bytes = new TextEncoder().encode(`${line}\n`)
    hash.update(bytes)
    yield bytes
  }
}

/** @throws FormatError for lines that are no such objects */
export async function* jsonlBlocks(
  path: string,
  { record }: Beside,
  hash: Hash,
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const width = record.shape.reduce((product, side) => product * side, 1)
  const decoder = new TextDecoder()
  let rest = ''
  let line = 0
  const parse = (text: string): Block => {
    line++
    let row: Record<string, unknown> | undefined
    try {
      row = JSON.parse(text)
    } catch {
      // Said below.
    }
    const name = row?.[record.subject]
    const embedding = row?.embedding
    if (
      typeof name === 'string' &&
      isArrayOf(embedding, Number.isFinite) &&
      embedding.length === width
    ) {
      return { names: [name], values: Float32Array.from(embedding as number[]) }
    }
    throw new FormatError(
      `Line ${line} of ${path} is not {"${record.subject}": …, "embedding": [${width} numbers]}.`,
    )
  }
  for await (const chunk of createReadStream(path, { signal })) {
    hash.update(chunk)
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    for (const text of lines) yield parse(text)
  }
  if (rest !== '') yield parse(rest)
}
