import { FormatError } from '../../errors.ts'

/** A field of a message: a whole number, the bits of a 32-bit float, or the bytes of a string or of another message. */
export interface ProtobufField {
  readonly number: number
  readonly value: number | Uint8Array
}

/**
 * The fields of a protobuf message, in their order. Lengths are checked, so a damaged file ends in an error.
 * @param name of the file, for messages
 * @throws FormatError where the bytes are no message
 */
export function* protobufFields(bytes: Uint8Array, name: string): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0

  function take(count: number): number {
    const from = at
    if (!(count <= bytes.length - at)) throw damaged(name)
    at += count
    return from
  }
  /** Negative numbers, of ten bytes, come as large ones: no field that is read here has them, but unused numbers of pieces. */
  function varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[take(1)]!
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    throw damaged(name)
  }

  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        yield { number, value: varint() }
        break
      case 1:
        take(8)
        break
      case 2: {
        const length = varint()
        yield { number, value: bytes.subarray(take(length), at) }
        break
      }
      case 5:
        yield { number, value: view.getUint32(take(4), true) }
        break
      default:
        throw damaged(name)
    }
  }
}

const damaged = (name: string) =>
  new FormatError(`${name} is no model of sentencepiece, or is damaged: it is not protobuf.`)
