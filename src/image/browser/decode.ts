import { platform } from '#platform'
import { UnsupportedError } from '../../errors.ts'
import type { ReadRows } from '../../platform/platform.ts'
import type { ImageHeader } from '../formats/header.ts'
import { dropAlphaInPlace } from '../rgba.ts'
import type { RowSink } from '../rows.ts'
import type { Turns } from '../turns.ts'
import { fileForBrowser } from './files.ts'

/** The longest row that every browser's canvases have. */
const LONGEST_ROW = 2 ** 14

/** How many pixels are read at once; takes a few milliseconds. */
const PIXELS_AT_ONCE = 2 ** 18

/**
 * Decodes with the browser's decoder, if that gives the pixels of our decoder.
 * @returns undefined if our decoder has to decode the file, or to say what is wrong with it
 */
export async function decodeInBrowser<Sink extends RowSink>(
  bytes: Uint8Array,
  header: ImageHeader,
  newSink: () => Sink,
  turns: Turns,
): Promise<Sink | undefined> {
  const { pictures } = platform
  const { width, height } = header
  if (!pictures || width > LONGEST_ROW || !isForBlobs(bytes)) return undefined
  if (!(await pictures.reader())) return undefined
  const given = await fileForBrowser(bytes, header)
  if (!given) return undefined
  // The browser decodes on a thread of its own meanwhile.
  const decoding = pictures.decode(given.file).catch(() => undefined)
  try {
    const isIntact = await given.isIntact(turns)
    const bitmap = await decoding
    const isSame = bitmap?.width === width && bitmap.height === height
    return isIntact && isSame ? await readBitmap(bitmap, newSink(), turns) : undefined
  } finally {
    void decoding.then((bitmap) => bitmap?.close())
  }
}

/** Blobs take no shared and no resizable memory. */
const isForBlobs = ({ buffer }: Uint8Array) =>
  buffer instanceof ArrayBuffer && !(buffer as { resizable?: boolean }).resizable

/**
 * Reads a bitmap; alpha is dropped, not composited.
 * @throws UnsupportedError if the browser changes what is read, or the bitmap is too wide
 */
export async function readBitmap<Sink extends RowSink>(
  bitmap: ImageBitmap,
  sink: Sink,
  turns: Turns,
): Promise<Sink> {
  const { width, height } = bitmap
  const rows = Math.max(1, Math.floor(PIXELS_AT_ONCE / width))
  const read = await reader(bitmap, rows)
  for (let y = 0; y < height; y += rows) {
    sink.put(y, dropAlphaInPlace(await read(y, Math.min(rows, height - y))))
    await turns.take()
  }
  return sink
}

async function reader(bitmap: ImageBitmap, rows: number): Promise<ReadRows> {
  if (bitmap.width > LONGEST_ROW) {
    throw new UnsupportedError(
      `Pictures of a page are read up to a width of ${LONGEST_ROW} pixels, and this one has ${bitmap.width}. ` +
        'Scale it down, or pass its file.',
    )
  }
  const open = await platform.pictures!.reader()
  if (open) return open(bitmap, rows)
  throw new UnsupportedError(
    'This browser changes the pixels that a page reads, as a protection against fingerprinting. Pass the file, ' +
      'its URL or its bytes, which are decoded without a canvas, or allow this page to read canvases.',
  )
}
