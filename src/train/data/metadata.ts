import { FormatError, UnsupportedError } from '../../errors.ts'
import { baseName, isHidden, isPicture } from '../../image/picture-names.ts'
import { show } from '../../show.ts'
import type { Found, SplitName } from './assemble.ts'
import type { Unusable } from './dataset.ts'
import { DatasetError, some } from './errors.ts'
import { type FileTree, readFile } from './files.ts'
import { foundIn } from './folders.ts'
import { classesOf } from './labels.ts'
import { splitOf } from './names.ts'

const TABLE = /^metadata\.(csv|jsonl)$/
const MAX_TABLE_BYTES = 2 ** 29

/** The columns that may have the label, if none is named. */
const LABEL_COLUMNS = ['label', 'labels', 'class', 'category']

export interface ColumnOptions {
  /** The column or field that has the label. */
  readonly labelColumn?: string | undefined
  /** The names of the classes, by their numbers. */
  readonly classes?: readonly string[] | undefined
}

type Row = Readonly<Record<string, unknown>>

/** Whether a folder has tables that give the pictures' classes. */
export const hasMetadata = (tree: FileTree): boolean =>
  tree.paths.some((path) => TABLE.test(baseName(path)) && !isHidden(path))

/**
 * A folder of pictures with a table of their classes, `metadata.csv` or `metadata.jsonl`, as Hugging Face has them: at
 * the top, or in the folder of each split. `file_name` is a path from the table. A table at the top may have a column
 * `split`; else the first folder of `file_name` is the split, if it has the name of one.
 */
export async function readMetadata(
  tree: FileTree,
  options: ColumnOptions,
  signal?: AbortSignal,
): Promise<Found> {
  const unusable: Unusable[] = []
  const listed: { path: string; split: SplitName; label: string | number }[] = []
  const tables = tree.paths.filter(
    (path) => /^metadata\.\w+$/.test(baseName(path)) && !isHidden(path),
  )
  // A table may write the same letters in another form than the file system.
  const known = new Map(tree.paths.map((path) => [path.normalize(), path]))
  for (const path of tree.paths) known.set(path, path)
  const placed = new Set<string>()
  for (const table of tables) {
    const rows = await readTable(tree, table, signal)
    const folder = table.slice(0, -baseName(table).length)
    const column = labelColumn(table, rows, options.labelColumn)
    for (const row of rows) {
      const { file_name: file } = row
      if (typeof file !== 'string' || file === '') {
        throw new FormatError(`${table} has a row without file_name.`)
      }
      const written = folder + file.replace(/^\.\//, '')
      const found = known.get(written) ?? known.get(written.normalize())
      const path = found ?? written
      const label = row[column]
      if (placed.has(path)) unusable.push({ name: path, reason: `it is listed twice in ${table}` })
      else if (found === undefined)
        unusable.push({ name: path, reason: `it is in ${table}, and missing` })
      else if (!isLabel(label)) {
        unusable.push({ name: path, reason: `its label in ${table} is ${show(label)}` })
      } else listed.push({ path, split: splitOfRow(row, folder || path), label })
      placed.add(path)
    }
  }
  for (const path of tree.paths) {
    if (isPicture(path) && !placed.has(path)) {
      unusable.push({ name: path, reason: `it is not in ${tables[0]}` })
    }
  }
  return { ...labelled(tree, listed, options.classes), unusable }
}

function labelled(
  tree: FileTree,
  listed: readonly { path: string; split: SplitName; label: string | number }[],
  given: readonly string[] | undefined,
): Found {
  const training = listed.filter(({ split }) => split === 'train')
  const { classes, numberOf } = classesOf(
    training.map(({ label }) => label),
    given,
  )
  const numbered = listed.map(({ path, split, label }) => {
    const number = numberOf(label)
    if (number === undefined) {
      throw new DatasetError(
        `${path} in ${tree.name} has the label ${show(label)}; the classes are ${some(classes)}.`,
      )
    }
    return { path, split, label: number }
  })
  return foundIn(tree, classes, numbered)
}

const isLabel = (label: unknown): label is string | number =>
  (typeof label === 'string' && label !== '') || Number.isSafeInteger(label)

function splitOfRow(row: Row, place: string): SplitName {
  const said = typeof row.split === 'string' ? splitOf(row.split) : undefined
  return said ?? splitOf(place.split('/')[0]!) ?? 'train'
}

async function readTable(tree: FileTree, table: string, signal?: AbortSignal): Promise<Row[]> {
  if (!TABLE.test(baseName(table))) {
    throw new UnsupportedError(`${table} can't be read; save it as metadata.csv or metadata.jsonl.`)
  }
  const bytes = await readFile(tree, table, signal, MAX_TABLE_BYTES)
  const text = decode(table, bytes)
  const rows = table.endsWith('.csv') ? await parseCSV(table, text) : parseLines(table, text)
  if (rows.length === 0) throw new FormatError(`${table} has no rows.`)
  return rows
}

function decode(table: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError(`${table} is not UTF-8; save it as UTF-8.`, { cause })
  }
}

async function parseCSV(table: string, text: string): Promise<Row[]> {
  const { default: papa } = await import('papaparse')
  const { data, errors } = papa.parse<Row>(text.replace(/^\ufeff/, ''), {
    header: true,
    delimiter: ',',
    skipEmptyLines: true,
  })
  const [error] = errors
  if (!error) return data
  const row = error.row === undefined ? '' : ` in row ${error.row + 1}`
  throw new FormatError(`${table} is no valid CSV: ${error.message}${row}.`)
}

function parseLines(table: string, text: string): Row[] {
  const rows: Row[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      rows.push(JSON.parse(line) as Row)
    } catch (cause) {
      throw new FormatError(`${table} is damaged: line ${i + 1} is no JSON object.`, { cause })
    }
  }
  return rows
}

/** @throws DatasetError where there is no such column */
function labelColumn(table: string, rows: readonly Row[], given: string | undefined): string {
  const columns = Object.keys(rows[0]!)
  if (!columns.includes('file_name')) {
    throw new FormatError(`${table} has no column file_name; it has ${some(columns)}.`)
  }
  const found = given === undefined ? LABEL_COLUMNS.find((name) => columns.includes(name)) : given
  if (found !== undefined && columns.includes(found)) return found
  throw new DatasetError(
    `${table} has no column ${given ?? 'label'}; it has ${some(columns)}. Name the one with the classes as labelColumn.`,
  )
}
