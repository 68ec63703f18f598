import { FormatError, LimitError, UnsupportedError } from '../../../errors.ts'
import type { ByteSource } from '../../source/source.ts'
import { RecordReader, readMemberFields } from './records.ts'

/** A member of the archive, as the central directory describes it. */
export interface ZipEntry {
  readonly name: string
  readonly method: 'stored' | 'deflated'
  readonly flags: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  /** Where its local header begins. */
  readonly offset: number
}

/** More members than any checkpoint has; a directory of millions is an attack. */
export const maxEntries = 16_384
const maxNameBytes = 4096
const maxDirectoryBytes = 1 << 25

const endBytes = 22
const locatorBytes = 20
const end64Bytes = 56
const maxCommentBytes = 0xffff

interface Directory {
  readonly entries: number
  readonly size: number
  readonly offset: number
}

/**
 * Reads the central directory of a zip archive (PKWARE's APPNOTE 6.3.10, with zip64). Strict: one
 * disk, nothing between the directory and its end, no encryption, no name twice.
 */
export async function readDirectory(
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<{ entries: ZipEntry[]; start: number }> {
  const directory = await findDirectory(source, signal)
  if (directory.entries > maxEntries || directory.size > maxDirectoryBytes) {
    throw new LimitError(
      `${source.name} lists ${directory.entries} members in ${directory.size} bytes; at most ${maxEntries} members in ${maxDirectoryBytes} bytes are read.`,
    )
  }
  const bytes = await source.read(directory.offset, directory.size, signal)
  const reader = new RecordReader(bytes, `The directory of ${source.name}`)
  const entries: ZipEntry[] = []
  const names = new Set<string>()
  for (let i = 0; i < directory.entries; i++) {
    const entry = readEntry(reader, source.name)
    if (names.has(entry.name)) {
      throw new FormatError(`${source.name} has two members of the name ${quote(entry.name)}.`)
    }
    names.add(entry.name)
    entries.push(entry)
  }
  if (reader.left > 0) {
    throw new FormatError(`${source.name} has ${reader.left} unexplained bytes in its directory.`)
  }
  return { entries, start: directory.offset }
}

async function findDirectory(
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Directory> {
  const size = await source.measure(signal)
  const tailStart = Math.max(0, size - endBytes - maxCommentBytes)
  const tail = await source.read(tailStart, size - tailStart, signal)
  const end = findEnd(tail, source.name)
  const reader = new RecordReader(tail.subarray(end), source.name)
  reader.signature(0x06054b50, 'end of the directory')
  const disks = [reader.u16(), reader.u16()]
  const entriesHere = reader.u16()
  let directory: Directory = { entries: reader.u16(), size: reader.u32(), offset: reader.u32() }
  if (disks.some((disk) => disk !== 0) || entriesHere !== directory.entries) {
    throw new UnsupportedError(`${source.name} is one part of an archive of several.`)
  }
  let endStart = tailStart + end

  const saturated =
    directory.entries === 0xffff || directory.size === 0xffffffff || directory.offset === 0xffffffff
  // Some writers (PyTorch's) put a zip64 end before every end, needed or not.
  const unexplained = directory.offset + directory.size !== endStart
  if ((saturated || unexplained) && endStart >= locatorBytes + end64Bytes) {
    const start = await findEnd64(source, endStart - locatorBytes, signal)
    if (start !== undefined) {
      directory = await readEnd64(source, start, directory, signal)
      endStart = start
    }
  }
  if (directory.offset + directory.size !== endStart) {
    throw new FormatError(
      `${source.name} says that its directory is at bytes ${directory.offset} to ${directory.offset + directory.size}, but it must end at ${endStart}: truncated, or bytes were added.`,
    )
  }
  return directory
}

/** The last record whose comment ends exactly where the file does. */
function findEnd(tail: Uint8Array, name: string): number {
  for (let at = tail.length - endBytes; at >= 0; at--) {
    const isEnd =
      tail[at] === 0x50 && tail[at + 1] === 0x4b && tail[at + 2] === 5 && tail[at + 3] === 6
    if (isEnd && at + endBytes + tail[at + 20]! + tail[at + 21]! * 256 === tail.length) return at
  }
  throw new FormatError(`${name} begins like a zip archive but has no end: it is truncated.`)
}

async function findEnd64(
  source: ByteSource,
  locator: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const reader = new RecordReader(await source.read(locator, locatorBytes, signal), source.name)
  if (reader.u32() !== 0x07064b50) return undefined
  const disk = reader.u32()
  const start = reader.u64()
  const disks = reader.u32()
  if (disk !== 0 || disks > 1) {
    throw new UnsupportedError(`${source.name} is one part of an archive of several.`)
  }
  if (start !== locator - end64Bytes) {
    throw new FormatError(`${source.name} has its zip64 end at ${start}, not before its locator.`)
  }
  return start
}

async function readEnd64(
  source: ByteSource,
  start: number,
  plain: Directory,
  signal: AbortSignal | undefined,
): Promise<Directory> {
  const reader = new RecordReader(await source.read(start, end64Bytes, signal), source.name)
  reader.signature(0x06064b50, 'zip64 end of the directory')
  const length = reader.u64()
  reader.u32() // versions
  const disks = [reader.u32(), reader.u32()]
  const entriesHere = reader.u64()
  const directory = { entries: reader.u64(), size: reader.u64(), offset: reader.u64() }
  const agrees =
    length === end64Bytes - 12 &&
    entriesHere === directory.entries &&
    disks.every((disk) => disk === 0) &&
    (plain.entries === 0xffff || plain.entries === directory.entries) &&
    (plain.size === 0xffffffff || plain.size === directory.size) &&
    (plain.offset === 0xffffffff || plain.offset === directory.offset)
  if (!agrees) throw new FormatError(`${source.name} has two ends that contradict each other.`)
  return directory
}

function readEntry(reader: RecordReader, archive: string): ZipEntry {
  reader.signature(0x02014b50, 'member of the directory')
  reader.u16() // version made by
  const version = reader.u16() & 0xff
  const fields = readMemberFields(reader)
  const { flags, method, crc, nameLength, extraLength } = fields
  let { compressedSize, size } = fields
  const commentLength = reader.u16()
  const disk = reader.u16()
  reader.u16() // internal attributes
  reader.u32() // external attributes
  let offset = reader.u32()
  const name = checkedName(reader.bytes(nameLength), archive)
  const extra = new RecordReader(reader.bytes(extraLength), `Member ${quote(name)} of ${archive}`)
  reader.bytes(commentLength)

  const extended = findExtra(extra, 1)
  if (size === 0xffffffff && extended) size = extended.u64()
  if (compressedSize === 0xffffffff && extended) compressedSize = extended.u64()
  if (offset === 0xffffffff && extended) offset = extended.u64()

  const what = `Member ${quote(name)} of ${archive}`
  // Bits 0, 6 and 13: encrypted, strongly encrypted, masked headers.
  if (flags & 0x2041) throw new UnsupportedError(`${what} is encrypted.`)
  if (version > 45)
    throw new UnsupportedError(`${what} needs version ${version} of zip; 45 is read.`)
  if (disk !== 0) throw new UnsupportedError(`${what} is in another part of the archive.`)
  if (method !== 0 && method !== 8) {
    throw new UnsupportedError(
      `${what} is compressed by method ${method}; stored (0) and deflated (8) are read.`,
    )
  }
  if (method === 0 && compressedSize !== size) {
    throw new FormatError(`${what} is stored, yet declares ${compressedSize} and ${size} bytes.`)
  }
  // Deflate can't expand more than 1032 times.
  if (method === 8 && size > compressedSize * 1032) {
    throw new FormatError(`${what} declares ${size} bytes from ${compressedSize}: impossible.`)
  }
  return {
    name,
    method: method === 0 ? 'stored' : 'deflated',
    flags,
    crc,
    compressedSize,
    size,
    offset,
  }
}

/** The content of the extra field with that id. */
export function findExtra(extra: RecordReader, id: number): RecordReader | undefined {
  // Some writers pad with a few zero bytes.
  while (extra.left >= 4) {
    const found = extra.u16()
    const content = extra.bytes(extra.u16())
    if (found === id) return new RecordReader(content, 'A zip64 field')
  }
  return undefined
}

function checkedName(bytes: Uint8Array, archive: string): string {
  if (bytes.length > maxNameBytes) {
    throw new LimitError(
      `${archive} has a member name of ${bytes.length} bytes; ${maxNameBytes} at most are read.`,
    )
  }
  let name: string
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError(`${archive} has a member whose name is not UTF-8.`, { cause })
  }
  const unsafe =
    name === '' ||
    /[\0\\]/.test(name) ||
    /^(\/|[A-Za-z]:)/.test(name) ||
    name.split('/').includes('..')
  if (unsafe) {
    throw new FormatError(
      `${archive} has a member of the name ${quote(name)}, which is no array's.`,
    )
  }
  return name
}

/** Names come from the file: quoted, and not longer than a line. */
export const quote = (name: string) =>
  JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name)
