import { inflateRawSync } from 'node:zlib'

/** A tensor as an independent, trusting reader sees it: for comparison with the careful one. */
export interface SimpleTensor {
  dtype: string
  shape: number[]
  data: Uint8Array
}

/** Reads a well-formed safetensors file, with no checks at all. */
export function simpleSafetensors(bytes: Uint8Array): Map<string, SimpleTensor> {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
  delete header.__metadata__
  return new Map(
    Object.entries(
      header as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>,
    ).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]) => [
        name,
        {
          dtype,
          shape,
          data: Uint8Array.from(bytes.subarray(8 + length + begin, 8 + length + end)),
        },
      ],
    ),
  )
}

/** Reads a well-formed npz by walking over its local headers, with no checks at all. */
export function simpleNpz(bytes: Uint8Array): Map<string, SimpleTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const tensors = new Map<string, SimpleTensor>()
  let at = 0
  while (view.getUint32(at, true) === 0x04034b50) {
    const nameLength = view.getUint16(at + 26, true)
    const extraLength = view.getUint16(at + 28, true)
    const name = new TextDecoder().decode(bytes.subarray(at + 30, at + 30 + nameLength))
    let size = view.getUint32(at + 18, true)
    if (size === 0xffffffff) size = Number(view.getBigUint64(at + 30 + nameLength + 12, true))
    const start = at + 30 + nameLength + extraLength
    const raw = bytes.subarray(start, start + size)
    const npy = view.getUint16(at + 8, true) === 8 ? inflateRawSync(raw) : raw
    const headerEnd = 10 + npy[8]! + 256 * npy[9]!
    const header = new TextDecoder().decode(npy.subarray(10, headerEnd))
    const shape = /\(([^)]*)\)/
      .exec(header)![1]!
      .split(',')
      .filter((side) => side.trim())
    tensors.set(name.slice(0, -4), {
      dtype: /'descr': '([^']*)'/.exec(header)![1]!,
      shape: shape.map(Number),
      data: Uint8Array.from(npy.subarray(headerEnd)),
    })
    at = start + size
  }
  return tensors
}

/** The data of an f32 tensor as numbers. */
export const simpleF32 = (tensor: SimpleTensor) =>
  new Float32Array(Uint8Array.from(tensor.data).buffer)
