import { joinBytes } from '../../bytes/join.ts'

/** A member of a zip archive that is stored without compression. */
export interface StoredMember {
  readonly name: string
  readonly crc: number
  /** Bytes of its data. */
  readonly size: number
  /** Where its local header begins. */
  readonly offset: number
}

/** From this value on, a field of 32 bits has all bits set, and zip64 has the true value. */
const saturated32 = 0xffff_ffff
const saturated16 = 0xffff

/** The versions of zip that a reader needs: with zip64, and without. */
const zip64Version = 45
const plainVersion = 20

/** Names are UTF-8; readers must be told where that matters. */
const utf8Flag = 0x800
/** 1 January 1980, the first day that zip knows, so that the same tensors make the same file. */
const date = 0x21
/** A regular file that everyone may read, for programs that unpack the archive. */
const unixMode = 0o100644
const madeOnUnix = 3 << 8

/** What precedes the data of a member (PKWARE's APPNOTE 6.3.10, section 4.3.7). */
export function localHeader({ name, crc, size }: Omit<StoredMember, 'offset'>): Uint8Array {
  const isLarge = size >= saturated32
  const extra = isLarge ? zip64Extra([size, size]) : none
  const { bytes: text, flags } = nameOf(name)
  const length = isLarge ? saturated32 : size
  return joinBytes([
    record([0x04034b50, 4], [isLarge ? zip64Version : plainVersion, 2], [flags, 2], [0, 2]),
    record([0, 2], [date, 2], [crc, 4], [length, 4], [length, 4]),
    record([text.length, 2], [extra.length, 2]),
    text,
    extra,
  ])
}

/** The entry of a member in the directory (section 4.3.12). */
export function directoryEntry({ name, crc, size, offset }: StoredMember): Uint8Array {
  const large = [
    ...(size >= saturated32 ? [size, size] : []),
    ...(offset >= saturated32 ? [offset] : []),
  ]
  const extra = large.length > 0 ? zip64Extra(large) : none
  const version = large.length > 0 ? zip64Version : plainVersion
  const { bytes: text, flags } = nameOf(name)
  const length = Math.min(size, saturated32)
  return joinBytes([
    record([0x02014b50, 4], [madeOnUnix | version, 2], [version, 2], [flags, 2], [0, 2]),
    record([0, 2], [date, 2], [crc, 4], [length, 4], [length, 4]),
    record([text.length, 2], [extra.length, 2], [0, 2], [0, 2], [0, 2]),
    record([unixMode * 0x10000, 4], [Math.min(offset, saturated32), 4]),
    text,
    extra,
  ])
}

/**
 * What follows the directory (sections 4.3.14 to 4.3.16).
 * @param entries how many members there are
 * @param size bytes of the directory
 * @param offset where the directory begins
 */
export function directoryEnd(entries: number, size: number, offset: number): Uint8Array {
  const isLarge = entries >= saturated16 || size >= saturated32 || offset >= saturated32
  const end64 = isLarge
    ? joinBytes([
        record([0x06064b50, 4], [44, 8], [madeOnUnix | zip64Version, 2], [zip64Version, 2]),
        record([0, 4], [0, 4], [entries, 8], [entries, 8], [size, 8], [offset, 8]),
        record([0x07064b50, 4], [0, 4], [offset + size, 8], [1, 4]),
      ])
    : none
  const count = Math.min(entries, saturated16)
  return joinBytes([
    end64,
    record([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2]),
    record([Math.min(size, saturated32), 4], [Math.min(offset, saturated32), 4], [0, 2]),
  ])
}

const none = new Uint8Array(0)

/** The extra field of zip64 (section 4.5.3): the values that did not fit, in the order of their fields. */
const zip64Extra = (values: readonly number[]) =>
  record([1, 2], [values.length * 8, 2], ...values.map((value): [number, 8] => [value, 8]))

function nameOf(name: string): { bytes: Uint8Array; flags: number } {
  const bytes = new TextEncoder().encode(name)
  return { bytes, flags: bytes.length === name.length ? 0 : utf8Flag }
}

/** Unsigned little-endian fields, each with its size in bytes. */
function record(...fields: [value: number, size: 2 | 4 | 8][]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [, size]) => sum + size, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [value, size] of fields) {
    if (size === 2) view.setUint16(at, value, true)
    else if (size === 4) view.setUint32(at, value, true)
    else view.setBigUint64(at, BigInt(value), true)
    at += size
  }
  return bytes
}
