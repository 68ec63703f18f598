import { crc32c } from '../../bytes/crc32c.ts'
import { FormatError } from '../../errors.ts'

/** A length of 8 bytes and its checksum before the data, another checksum after it. */
const HEAD = 12
const FOOT = 4

/** TensorFlow's mask of a checksum, for data that contains checksums itself. */
export function maskedCRC(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Frames data as a record of TensorFlow (TFRecord), in which event files consist. */
export function recordOf(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEAD + data.length + FOOT)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCRC(record.subarray(0, 8)), true)
  record.set(data, HEAD)
  view.setUint32(HEAD + data.length, maskedCRC(data), true)
  return record
}

/**
 * The data of a file's records, as views of it.
 * @param name the file's, for messages
 * @throws FormatError at a record that is damaged or cut off, after those before it
 */
export function* readRecords(file: Uint8Array, name = 'The file'): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const fail = (at: number, reason: string) =>
    new FormatError(`${name} is damaged: the record at byte ${at} ${reason}.`)
  for (let at = 0; at < file.length; ) {
    if (file.length - at < HEAD) throw fail(at, 'is cut off')
    if (view.getUint32(at + 8, true) !== maskedCRC(file.subarray(at, at + 8))) {
      throw fail(at, 'has a length that does not match its checksum')
    }
    const length = Number(view.getBigUint64(at, true))
    const start = at + HEAD
    if (length > file.length - start - FOOT) throw fail(at, 'is cut off')
    const data = file.subarray(start, start + length)
    if (view.getUint32(start + length, true) !== maskedCRC(data)) {
      throw fail(at, 'does not match its checksum')
    }
    yield data
    at = start + length + FOOT
  }
}
