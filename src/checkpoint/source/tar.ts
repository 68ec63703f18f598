import { FormatError, UnsupportedError } from '../../errors.ts'
import type { ByteSource } from './source.ts'

/** A regular file in a tar archive. */
export interface TarEntry {
  /** Its path, with slashes. */
  readonly path: string
  /** Where its bytes begin in the archive. */
  readonly offset: number
  readonly size: number
}

const BLOCK = 512
/** A longer path or header extension is not believed. */
const LONGEST_EXTENSION = 1 << 20

/** What a header's type letter says. */
const FILES = new Set(['0', '\0', '7'])
/** Links, devices and folders have no bytes, whatever size some writers give them. */
const LINKS = new Set(['1', '2', '3', '4', '5', '6'])
const PAX = 'x'
const GNU_PATH = 'L'
const SPARSE = 'S'

const decoder = new TextDecoder()

/**
 * Lists the files of an uncompressed tar archive (ustar, pax and GNU's long paths), reading only its headers. Their
 * bytes can then be read in any order.
 * @throws FormatError for what is no tar archive, or is cut off; UnsupportedError for sparse files
 */
export async function* listTar(source: ByteSource, signal?: AbortSignal): AsyncGenerator<TarEntry> {
  const size = await source.measure(signal)
  let extended: { path?: string; size?: number } = {}
  for (let at = 0; at + BLOCK <= size; ) {
    signal?.throwIfAborted()
    const block = await source.read(at, BLOCK, signal)
    // The end is two blocks of zeros; some writers leave out one.
    if (block.every((byte) => byte === 0)) return
    const header = parseHeader(block, source.name, at)
    const offset = at + BLOCK
    const length = LINKS.has(header.type) ? 0 : (extended.size ?? header.size)
    if (offset + length > size) {
      throw new FormatError(
        `${source.name} is truncated: ${header.path} ends at byte ${offset + length}, the archive at ${size}.`,
      )
    }
    at = offset + Math.ceil(length / BLOCK) * BLOCK
    if (header.type === PAX || header.type === GNU_PATH) {
      if (length > LONGEST_EXTENSION) {
        throw new FormatError(`${source.name} has a header of ${length} bytes at byte ${offset}.`)
      }
      const bytes = await source.read(offset, length, signal)
      extended = { ...extended, ...(header.type === PAX ? parsePax(bytes) : { path: text(bytes) }) }
      continue
    }
    const { path = header.path } = extended
    extended = {}
    if (header.type === SPARSE) {
      throw new UnsupportedError(
        `${path} in ${source.name} is a sparse file; pack it without --sparse.`,
      )
    }
    if (FILES.has(header.type) && !path.endsWith('/')) yield { path, offset, size: length }
  }
  throw new FormatError(
    `${source.name} is truncated: it has no end, as archives that were cut off.`,
  )
}

/** Whether bytes begin with the header of a tar archive. */
export function isTar(start: Uint8Array): boolean {
  return start.length >= BLOCK && checksum(start) === number(start, 148, 8)
}

function parseHeader(
  block: Uint8Array,
  name: string,
  at: number,
): { path: string; size: number; type: string } {
  if (checksum(block) !== number(block, 148, 8)) {
    throw new FormatError(
      at === 0
        ? `${name} is no tar archive: its first header is not valid.`
        : `${name} is damaged: the header at byte ${at} does not match its checksum.`,
    )
  }
  const own = text(block.subarray(0, 100))
  const isPosix = text(block.subarray(257, 263)) === 'ustar'
  const prefix = isPosix ? text(block.subarray(345, 500)) : ''
  const size = number(block, 124, 12)
  if (size === undefined) throw new FormatError(`${name} is damaged: ${own} has no size.`)
  return { path: prefix ? `${prefix}/${own}` : own, size, type: String.fromCharCode(block[156]!) }
}

/** The sum of a header's bytes, those of the sum itself counted as blanks. */
function checksum(block: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!
  return sum
}

/** Up to the first zero byte. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** Octal digits, or GNU's big-endian number; undefined if it is neither. */
function number(block: Uint8Array, start: number, length: number): number | undefined {
  const field = block.subarray(start, start + length)
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const digits = text(field).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

/** Records of the form `length key=value\n`, of which path and size count. */
function parsePax(bytes: Uint8Array): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {}
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const length = space < 0 ? Number.NaN : Number(decoder.decode(bytes.subarray(at, space)))
    if (!Number.isSafeInteger(length) || length < space - at + 2) break
    const record = decoder.decode(bytes.subarray(space + 1, at + length - 1))
    const equals = record.indexOf('=')
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)]
    if (key === 'path') found.path = value
    if (key === 'size' && /^\d+$/.test(value)) found.size = Number(value)
    at += length
  }
  return found
}
