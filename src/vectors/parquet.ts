import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { floatsToHalves } from '../checkpoint/read/half.ts'
import { FormatError, UnsupportedError, VitrineError } from '../errors.ts'
import { isArrayOf } from '../fields.ts'
import type { Block, Row, VectorFile, Written } from './formats.ts'
import { listColumn, parquetPieces, schemaOf, textColumn } from './parquet-writer.ts'
import { readRecord, recordKey } from './record.ts'

/** Rows of a group, which are in memory together, by the values that they have. */
const groupValues = 2 ** 18

const EMBEDDING = 'embedding'

/** A list of numbers. */
const embeddingColumn = (dtype: Written['dtype']) =>
  listColumn(
    EMBEDDING,
    dtype === 'f32'
      ? { type: 'FLOAT' }
      : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } },
  )

/** A parquet file of `image` or `text`, and `embedding`; its metadata has the record. */
export async function* parquetChunks({
  rows,
  dtype,
  subject,
  record,
}: Written): AsyncGenerator<Uint8Array> {
  const pieces = await parquetPieces(schemaOf(textColumn(subject), embeddingColumn(dtype)))
  const write = (group: readonly Row[]) =>
    pieces.group([
      { name: subject, data: group.map(({ name }) => name) },
      {
        name: EMBEDDING,
        data: group.map(({ values }) => [...values]),
        // Numbers of embeddings are all different, and don't get smaller.
        encoding: 'PLAIN',
        codec: 'UNCOMPRESSED',
        statistics: false,
      },
    ])
  let group: Row[] = []
  for await (const row of rows) {
    // A value that is too large for f16 is an error, and not infinite.
    if (dtype === 'f16') floatsToHalves(row.values, row.name)
    group.push(row)
    if (group.length * row.values.length < groupValues) continue
    yield write(group)
    group = []
  }
  if (group.length > 0) yield write(group)
  yield pieces.end({ [recordKey]: JSON.stringify(record()) })
}

/**
 * Opens a parquet file that `parquetChunks` wrote.
 * @throws SourceError if it can't be read; FormatError for another file
 */
export async function openParquet(path: string): Promise<VectorFile> {
  const metadata = await withFile(path, async (file, { parquetMetadataAsync }) =>
    parquetMetadataAsync(file),
  )
  const pair = metadata.key_value_metadata?.find(({ key }) => key === recordKey)
  if (pair?.value === undefined) {
    throw new FormatError(
      `${path} does not say what made its vectors; vitrine embed --out writes files that do.`,
    )
  }
  const record = readRecord(parsed(pair.value, path), path)
  const width = record.shape.reduce((product, side) => product * side, 1)
  return {
    record,
    async *blocks(signal) {
      let start = 0
      for (const { num_rows } of metadata.row_groups) {
        signal.throwIfAborted()
        const range = { rowStart: start, rowEnd: start + Number(num_rows) }
        start = range.rowEnd
        yield blockOf(
          await withFile(path, (file, { parquetReadObjects }) =>
            parquetReadObjects({ file, metadata, columns: [record.subject, EMBEDDING], ...range }),
          ),
        )
      }
    },
  }

  function blockOf(rows: readonly Record<string, unknown>[]): Block {
    const values = new Float32Array(rows.length * width)
    const names = rows.map(({ [record.subject]: name, [EMBEDDING]: embedding }, i) => {
      const numbers = embedding as number[]
      const isRight =
        typeof name === 'string' && isArrayOf(numbers, Number.isFinite) && numbers.length === width
      if (!isRight) throw new FormatError(`${path} has a row that is no name and ${width} numbers.`)
      values.set(numbers, i * width)
      return name
    })
    return { names, values }
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`${path} has a record of its model that is not JSON.`, { cause })
  }
}

type Library = typeof import('hyparquet/src/index.js')
type Use<T> = (
  file: { byteLength: number; slice(start: number, end?: number): Promise<ArrayBuffer> },
  library: Library,
) => Promise<T>

/** Damaged files make the library throw errors of all kinds. */
async function withFile<T>(path: string, use: Use<T>): Promise<T> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const slice = (start: number, end = size) => readPart(handle, start, end - start)
    return await use({ byteLength: size, slice }, await import('hyparquet/src/index.js'))
  } catch (cause) {
    if (cause instanceof VitrineError) throw cause
    const { message } = cause as Error
    if (/compression codec/.test(message)) {
      throw new UnsupportedError(`${path} is compressed in a way that is not read: ${message}.`)
    }
    throw new FormatError(`${path} is no valid parquet file: ${message}.`, { cause })
  } finally {
    await handle.close()
  }
}

async function readPart(handle: FileHandle, start: number, length: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  const { bytesRead } = await handle.read(bytes, 0, length, start)
  return bytes.buffer.slice(0, bytesRead)
}
