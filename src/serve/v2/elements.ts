import { badRequest } from '../http/refusal.ts'
import type { InputTensor } from './request.ts'

/** Values are nested as deep as a shape has dimensions, which are at most 8. */
const DEEPEST = 8

/**
 * The values of a tensor that came as JSON, nested or flat, row by row.
 * @throws Refusal for another number of values than the shape has
 */
export function flatValues({ name, data, count, shape }: InputTensor): readonly unknown[] {
  const { json } = data as { json: unknown }
  if (!Array.isArray(json)) throw badRequest(`The data of "${name}" must be an array.`)
  const flat = json.some(Array.isArray) ? (json.flat(DEEPEST) as unknown[]) : json
  if (flat.length === count && !flat.some(Array.isArray)) return flat
  throw badRequest(
    `The data of "${name}" has ${flat.length} values, and its shape [${shape}] has ${count}.`,
  )
}

/**
 * The elements of a tensor of BYTES that came as bytes: each has its length before it, in 4 bytes.
 * @throws Refusal for another number of elements than the shape has
 */
export function byteElements({ name, data, count, shape }: InputTensor): Uint8Array[] {
  const { bytes } = data as { bytes: Uint8Array }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const elements: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY
    const end = at + 4 + length
    if (end > bytes.length) throw badRequest(`The last element of "${name}" is incomplete.`)
    if (elements.length === count) break
    elements.push(bytes.subarray(at + 4, end))
    at = end
  }
  const read = elements.reduce((all, { length }) => all + 4 + length, 0)
  if (elements.length === count && read === bytes.length) return elements
  const found = read < bytes.length ? 'more' : elements.length
  throw badRequest(`"${name}" has ${found} elements, and its shape [${shape}] has ${count}.`)
}

/** A little-endian tensor of floats, or one of JSON numbers. */
export function floats(tensor: InputTensor): Float32Array {
  const { name, data, count } = tensor
  if ('bytes' in data) {
    requireBytes(tensor, 4)
    // A copy is aligned.
    return littleEndian(new Float32Array(data.bytes.slice().buffer))
  }
  const values = new Float32Array(count)
  for (const [i, value] of flatValues(tensor).entries()) {
    if (typeof value !== 'number') throw badRequest(`The data of "${name}" must be numbers.`)
    values[i] = value
  }
  return values
}

/** A tensor of UINT8. */
export function octets(tensor: InputTensor): Uint8Array {
  const { name, data, count } = tensor
  if ('bytes' in data) {
    requireBytes(tensor, 1)
    return data.bytes
  }
  const values = new Uint8Array(count)
  for (const [i, value] of flatValues(tensor).entries()) {
    if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 255) {
      throw badRequest(`The data of "${name}" must be whole numbers from 0 to 255.`)
    }
    values[i] = Number(value)
  }
  return values
}

function requireBytes({ name, data, count, shape }: InputTensor, size: number): void {
  const { length } = (data as { bytes: Uint8Array }).bytes
  if (length === count * size) return
  throw badRequest(`"${name}" has ${length} bytes, and its shape [${shape}] takes ${count * size}.`)
}

/** All platforms that matter are little-endian; on others, bytes are turned around. */
function littleEndian(values: Float32Array<ArrayBuffer>): Float32Array {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return values
  const view = new DataView(values.buffer)
  return values.map((_, i) => view.getFloat32(4 * i, true))
}
