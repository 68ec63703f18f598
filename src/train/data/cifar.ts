import { bytesSource } from '../../checkpoint/source/memory.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { FormatError } from '../../errors.ts'
import { baseName } from '../../image/picture-names.ts'
import { parseLabels, readLabels } from '../../labels.ts'
import type { Found, SplitName } from './assemble.ts'
import type { Published, Split } from './dataset.ts'
import { DatasetError } from './errors.ts'
import { byCodePoint } from './names.ts'

export type CIFAR = Published

/** Red, green and blue, a plane each. */
export const CIFAR_SIDE = 32
const SIDE = CIFAR_SIDE
const PLANE = SIDE * SIDE
const PIXELS = 3 * PLANE

interface Layout {
  /** Bytes of labels before the pixels, of which the last counts: CIFAR-100 has the coarse class first. */
  readonly labelBytes: number
  readonly title: string
  /** The file of the classes' names. */
  readonly names: string
}

const LAYOUTS: Readonly<Record<CIFAR, Layout>> = {
  cifar10: { labelBytes: 1, title: 'CIFAR-10', names: 'batches.meta.txt' },
  cifar100: { labelBytes: 2, title: 'CIFAR-100', names: 'fine_label_names.txt' },
}

/** The share of training pictures that the release does not train on. */
export const CIFAR_HELD_OUT = 0.02
/** Records are read in pieces of about a megabyte to find their labels. */
const RECORDS_AT_ONCE = 341

/** A file by its path, in a folder or in an archive. */
export interface NamedFile {
  readonly path: string
  open(): Promise<ByteSource>
}

const RECORDS = /^(data_batch|train|test)(_\w+)?\.bin$/

/** Whether files are those of the official binary version of CIFAR-10 or CIFAR-100. */
export const isCIFAR = (paths: readonly string[]): boolean =>
  paths.some((path) => RECORDS.test(baseName(path)))

/**
 * CIFAR-10 or CIFAR-100 in their binary version: `data_batch_1.bin` to `5` and `test_batch.bin`, or `train.bin` and
 * `test.bin`, with any number of records. The last 2 % of the training pictures are for validation, as in the release.
 * @param kind which of both; found out by names and sizes if it is not given
 */
export async function readCIFAR(
  name: string,
  files: readonly NamedFile[],
  kind?: CIFAR,
  signal?: AbortSignal,
): Promise<Found> {
  const batches = files
    .filter(({ path }) => RECORDS.test(baseName(path)))
    .sort((a, b) => byCodePoint(baseName(a.path), baseName(b.path)))
  const opened: { path: string; source: ByteSource; size: number }[] = []
  const close = async () => void (await Promise.all(opened.map(({ source }) => source.close())))
  try {
    for (const { path, open } of batches) {
      const source = await open()
      const size = await source.measure(signal)
      opened.push({ path, source, size })
    }
    const set = kind ?? kindOf(name, files, opened)
    const splits: Partial<Record<SplitName, Split[]>> = {}
    for (const { path, source, size } of opened) {
      const split = baseName(path).startsWith('test') ? 'test' : 'train'
      splits[split] ??= []
      splits[split].push(await batchSplit(path, source, size, LAYOUTS[set], signal))
    }
    const classes = await classNames(files, set, signal)
    const holdOut = { how: 'last', share: CIFAR_HELD_OUT } as const
    return { name, classes, splits, holdOut, published: set, close }
  } catch (error) {
    await close()
    throw error
  }
}

function kindOf(
  name: string,
  files: readonly NamedFile[],
  batches: readonly { path: string; size: number }[],
): CIFAR {
  const names = new Set(files.map(({ path }) => baseName(path)))
  const kinds = ['cifar10', 'cifar100'] as const
  const named = kinds.find((kind) => names.has(LAYOUTS[kind].names))
  if (named) return named
  const fits = kinds.filter((kind) =>
    batches.every(({ size }) => size % (PIXELS + LAYOUTS[kind].labelBytes) === 0),
  )
  if (fits.length === 1) return fits[0]!
  const sizes = batches.map(({ path, size }) => `${baseName(path)} ${size}`).join(', ')
  throw new DatasetError(
    `${name} is neither CIFAR-10, with records of ${PIXELS + 1} bytes, nor CIFAR-100, with ${PIXELS + 2}: ${sizes}. A file may be cut off.`,
  )
}

async function batchSplit(
  path: string,
  source: ByteSource,
  size: number,
  { labelBytes, title }: Layout,
  signal: AbortSignal | undefined,
): Promise<Split> {
  const record = labelBytes + PIXELS
  if (size === 0 || size % record !== 0) {
    throw new FormatError(
      `${source.name} has ${size} bytes, which is no whole number of ${title}'s records of ${record}: it is cut off or something else.`,
    )
  }
  const labels = new Uint8Array(size / record)
  for (let first = 0; first < labels.length; first += RECORDS_AT_ONCE) {
    const count = Math.min(RECORDS_AT_ONCE, labels.length - first)
    const bytes = await source.read(first * record, count * record, signal)
    for (let i = 0; i < count; i++) labels[first + i] = bytes[i * record + labelBytes - 1]!
  }
  const name = (index: number) => `${baseName(path)}/${index}`
  return {
    size: labels.length,
    name,
    label: (index) => labels[index]!,
    async read(index, signal) {
      const planes = await source.read(index * record + labelBytes, PIXELS, signal)
      const image = { width: SIDE, height: SIDE, data: interleave(planes) }
      return { name: name(index), label: labels[index]!, image }
    },
  }
}

function interleave(planes: Uint8Array): Uint8Array {
  const data = new Uint8Array(PIXELS)
  for (let i = 0, to = 0; i < PLANE; i++) {
    data[to++] = planes[i]!
    data[to++] = planes[PLANE + i]!
    data[to++] = planes[2 * PLANE + i]!
  }
  return data
}

/** Those of the file beside the batches, else those that come with this package. */
async function classNames(
  files: readonly NamedFile[],
  set: CIFAR,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const file = files.find(({ path }) => baseName(path) === LAYOUTS[set].names)
  if (!file) return readLabels(set)
  const source = await file.open()
  try {
    const text = await source.read(0, Math.min(await source.measure(signal), 1 << 16), signal)
    // CIFAR-10's ends with an empty line.
    return parseLabels(new TextDecoder().decode(text)).filter((line) => line !== '')
  } finally {
    await source.close()
  }
}

/** The files of an archive that is in memory. */
export function archiveFiles(
  archive: ByteSource,
  entries: readonly { path: string; offset: number; size: number }[],
): NamedFile[] {
  return entries.map(({ path, offset, size }) => ({
    path,
    open: async () => bytesSource(await archive.read(offset, size), path),
  }))
}
