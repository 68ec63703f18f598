import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet/src/index.js'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { FormatError, UnsupportedError, VitrineError } from '../../errors.ts'
import { show } from '../../show.ts'
import type { Found, SplitName } from './assemble.ts'
import type { Split } from './dataset.ts'
import { DatasetError, some } from './errors.ts'
import { FOLDER_SHARE } from './folders.ts'
import { GroupCache } from './group-cache.ts'
import { indexed, type Label } from './labels.ts'
import type { ColumnOptions } from './metadata.ts'

/** What Hugging Face writes into a file about its columns. */
interface Features {
  readonly [column: string]:
    | { readonly _type?: string; readonly names?: readonly string[] }
    | undefined
}

/** What a row has of a picture. */
interface Picture {
  readonly bytes?: Uint8Array | null
  readonly path?: string | null
}

interface Table {
  readonly source: ByteSource
  readonly file: AsyncBuffer
  readonly metadata: FileMetaData
}

/** The columns that have the label, if none is named; CIFAR-100 has coarse labels too. */
const LABEL_COLUMNS = ['label', 'labels', 'fine_label']
const IMAGE_COLUMNS = ['image', 'img']
/** Row groups are kept decompressed up to so many bytes, since a sample can't be read without those beside it. */
const GROUP_BYTES = 2 ** 28

const library = () => import('hyparquet/src/index.js')

/**
 * Data sets of Hugging Face as parquet files: a column of pictures (`image` or `img`, with `bytes` and `path`), and one
 * of class numbers. The classes' names are those given, else those that the file has.
 * @param files by split, opened; they stay so until the data set is closed
 * @throws FormatError for damaged files, DatasetError where a column is missing
 */
export async function readParquet(
  name: string,
  files: Readonly<Partial<Record<SplitName, readonly ByteSource[]>>>,
  { labelColumn, classes }: ColumnOptions,
  signal?: AbortSignal,
): Promise<Found> {
  const splits: Partial<Record<SplitName, Split[]>> = {}
  const cache = new GroupCache<Picture[]>(GROUP_BYTES)
  let names = classes
  const parts: { split: SplitName; table: Table; image: string; labels: Label[] }[] = []
  for (const [split, sources] of Object.entries(files)) {
    for (const source of sources) {
      const table = await openTable(source, signal)
      const features = featuresOf(table.metadata)
      const columns = await columnsOf(table, features, labelColumn)
      names ??= features[columns.label]?.names
      const labels = await readLabels(table, columns.label)
      parts.push({ split: split as SplitName, table, image: columns.image, labels })
    }
  }
  const training = parts.filter(({ split }) => split === 'train').flatMap(({ labels }) => labels)
  const labelling = indexed(training, names)
  for (const { split, table, image, labels } of parts) {
    const numbers = labels.map((label, row) => {
      const number = labelling.numberOf(label)
      if (number !== undefined) return number
      throw new DatasetError(
        `Row ${row} of ${table.source.name} has the label ${show(label)}, which is none of the ${labelling.classes.length} classes. Correct it, or give the names of all classes.`,
      )
    })
    splits[split] ??= []
    splits[split].push(tableSplit(table, image, numbers, cache))
  }
  const holdOut = { how: 'stratified', share: FOLDER_SHARE } as const
  return { name, classes: labelling.classes, splits, holdOut }
}

async function openTable(source: ByteSource, signal?: AbortSignal): Promise<Table> {
  const byteLength = await source.measure(signal)
  const file: AsyncBuffer = {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = await source.read(start, end - start)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    },
  }
  const { parquetMetadataAsync } = await library()
  const metadata = await reading(source, () => parquetMetadataAsync(file))
  return { source, file, metadata }
}

/** Damaged files make the library throw errors of all kinds. */
async function reading<T>(source: ByteSource, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof VitrineError) throw cause
    const message = (cause as Error).message
    const codec = /compression codec: (\w+)/.exec(message)?.[1]
    if (codec) {
      throw new UnsupportedError(
        `${source.name} is compressed with ${codec}; of parquet's codecs Snappy, Zstandard and none are read.`,
        { cause },
      )
    }
    throw new FormatError(`${source.name} is no valid parquet file: ${message}.`, { cause })
  }
}

function featuresOf({ key_value_metadata: pairs = [] }: FileMetaData): Features {
  const text = pairs.find(({ key }) => key === 'huggingface')?.value
  if (text === undefined) return {}
  try {
    const { info } = JSON.parse(text) as { info?: { features?: Features } }
    return info?.features ?? {}
  } catch {
    // Columns are recognised by their names then.
    return {}
  }
}

/** @throws DatasetError where a column is missing */
async function columnsOf(
  { source, metadata }: Table,
  features: Features,
  given: string | undefined,
): Promise<{ image: string; label: string }> {
  const { parquetSchema } = await library()
  const columns = parquetSchema(metadata).children.map(({ element, children }) => ({
    name: element.name,
    fields: children.map((child) => child.element.name),
  }))
  const names = columns.map(({ name }) => name)
  const pictures = columns.filter(({ fields }) => fields.includes('bytes')).map(({ name }) => name)
  const image =
    pictures.find((name) => features[name]?._type === 'Image') ??
    IMAGE_COLUMNS.find((name) => pictures.includes(name)) ??
    pictures[0]
  if (image === undefined) {
    throw new DatasetError(
      `${source.name} has no column of pictures, with "bytes" inside; it has ${some(names)}.`,
    )
  }
  const label =
    given ??
    LABEL_COLUMNS.find((name) => names.includes(name)) ??
    names.find((name) => features[name]?._type === 'ClassLabel')
  if (label === undefined || !names.includes(label)) {
    throw new DatasetError(
      `${source.name} has no column ${label ?? 'label'}; it has ${some(names)}. Name the one with the classes as labelColumn.`,
    )
  }
  return { image, label }
}

async function readLabels({ source, file, metadata }: Table, column: string): Promise<Label[]> {
  const { parquetReadObjects } = await library()
  const compressors = await compressorsOf(metadata)
  const rows = await reading(source, () =>
    parquetReadObjects({ file, metadata, columns: [column], compressors, utf8: false }),
  )
  return rows.map((row, i) => {
    const label: unknown = row[column]
    if (typeof label === 'string') return label
    const number =
      typeof label === 'bigint' || typeof label === 'number' ? Number(label) : Number.NaN
    if (Number.isSafeInteger(number)) return number
    throw new DatasetError(
      `Row ${i} of ${source.name} has the ${column} ${show(label)}; labels are numbers of classes, from 0, or texts.`,
    )
  })
}

function tableSplit(
  table: Table,
  column: string,
  labels: readonly number[],
  cache: GroupCache<Picture[]>,
): Split {
  const { source, metadata } = table
  const starts: number[] = []
  let rows = 0
  for (const group of metadata.row_groups) {
    starts.push(rows)
    rows += Number(group.num_rows)
  }
  const name = (index: number) => `${source.name}: row ${index}`
  return {
    size: labels.length,
    name,
    label: (index) => labels[index]!,
    async read(index) {
      let group = starts.length - 1
      while (starts[group]! > index) group--
      const start = starts[group]!
      const end = starts[group + 1] ?? rows
      const pictures = await cache.get(table, group, () => readGroup(table, column, start, end))
      const { bytes, path } = pictures[index - start]!
      if (!(bytes instanceof Uint8Array)) {
        throw new FormatError(
          `${name(index)} has no picture${path ? `, only its path ${path}: save the data set with embedded files` : ''}.`,
        )
      }
      return { name: path || name(index), label: labels[index]!, image: bytes }
    },
  }
}

async function readGroup(
  { source, file, metadata }: Table,
  column: string,
  rowStart: number,
  rowEnd: number,
): Promise<{ value: Picture[]; bytes: number }> {
  const { parquetReadObjects } = await library()
  const compressors = await compressorsOf(metadata)
  const options = { file, metadata, columns: [column], rowStart, rowEnd, compressors, utf8: false }
  const rows = await reading(source, () => parquetReadObjects(options))
  const value = rows.map((row) => (row[column] ?? {}) as Picture)
  return { value, bytes: value.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0) }
}

/** Snappy is part of the library; Zstandard is loaded for files that have it. */
async function compressorsOf({ row_groups }: FileMetaData): Promise<Compressors> {
  const hasZstandard = row_groups.some(({ columns }) =>
    columns.some(({ meta_data }) => meta_data?.codec === 'ZSTD'),
  )
  if (!hasZstandard) return {}
  const { decompress } = await import('fzstd')
  return { ZSTD: (input, length) => decompress(input, new Uint8Array(length)) }
}
