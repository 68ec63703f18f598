import { FormatError } from '../../../errors.ts'

/** Reads the little-endian fields of one zip record, with the checks that all of them share. */
export class RecordReader {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly #what: string
  #at = 0

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#what = what
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  signature(expected: number, record: string): void {
    const found = this.u32()
    if (found !== expected) {
      throw new FormatError(
        `${this.#what}: expected a ${record} (0x${expected.toString(16)}), found 0x${found.toString(16)}.`,
      )
    }
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new FormatError(`${this.#what} declares a size or offset of ${value} bytes.`)
    }
    return Number(value)
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.left) throw new FormatError(`${this.#what} has a truncated record.`)
    this.#at += length
    return start
  }
}

/** What the header of a member says of it; the directory and the local header have the same fields. */
export function readMemberFields(reader: RecordReader) {
  const flags = reader.u16()
  const method = reader.u16()
  reader.u32() // time and date
  const crc = reader.u32()
  const compressedSize = reader.u32()
  const size = reader.u32()
  const nameLength = reader.u16()
  const extraLength = reader.u16()
  return { flags, method, crc, compressedSize, size, nameLength, extraLength }
}
