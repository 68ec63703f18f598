import type { DType } from '../checkpoint.ts'
import { type Buffers, chunkBytes } from './buffers.ts'
import { itemSize } from './dtype.ts'
import { halvesToFloats } from './half.ts'

/** Values per block. */
const blockValues = chunkBytes / 4

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/**
 * Stored bytes to f32 values, block by block; every block is a view of the same buffer, and where the
 * bytes are f32 already, of theirs.
 * @param chunks whole elements in total, cut anywhere
 */
export async function* decodeValues(
  chunks: AsyncIterable<Uint8Array>,
  dtype: DType,
  bigEndian: boolean,
  buffers: Buffers,
): AsyncGenerator<Float32Array> {
  const size = itemSize[dtype]
  const isNative = dtype === 'f32' && bigEndian !== littleEndian
  const buffer = buffers.take()
  const block = new Float32Array(buffer.buffer)
  let rest: Uint8Array = new Uint8Array(0)

  function decoded(bytes: Uint8Array): Float32Array {
    const values = block.subarray(0, bytes.length / size)
    decode(bytes, dtype, bigEndian, values)
    return values
  }

  try {
    for await (let chunk of chunks) {
      if (rest.length > 0) {
        // A value cut in two is put together by itself: the chunk need not be copied.
        const missing = Math.min(size - rest.length, chunk.length)
        rest = concat(rest, chunk.subarray(0, missing))
        chunk = chunk.subarray(missing)
        if (rest.length < size) continue
        yield decoded(rest)
      }
      const whole = chunk.length - (chunk.length % size)
      if (isNative && chunk.byteOffset % size === 0) {
        yield new Float32Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, whole / size)
      } else {
        for (let at = 0; at < whole; at += blockValues * size) {
          yield decoded(chunk.subarray(at, Math.min(at + blockValues * size, whole)))
        }
      }
      rest = new Uint8Array(chunk.subarray(whole))
    }
  } finally {
    buffers.giveBack(buffer)
  }
}

/** Stored bytes to as many f32 values as `values` has. */
export function decode(
  bytes: Uint8Array,
  dtype: DType,
  bigEndian: boolean,
  values: Float32Array,
): void {
  const size = itemSize[dtype]
  if (dtype === 'f32' && bigEndian !== littleEndian) {
    // Not aligned, or it would not have come here.
    new Uint8Array(values.buffer, values.byteOffset, bytes.length).set(bytes)
    return
  }
  // Copied by construction: the slice() of a Node Buffer is a view.
  let native = bytes
  if (bigEndian && size > 1) native = swapped(bytes, size)
  else if (bytes.byteOffset % size !== 0) native = new Uint8Array(bytes)
  const typed = new views[dtype](native.buffer as ArrayBuffer, native.byteOffset, values.length)
  if (dtype === 'f16') halvesToFloats(typed as Uint16Array, values)
  else if (dtype === 'bf16') {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
    for (let i = 0; i < bits.length; i++) bits[i] = (typed[i] as number) << 16
  } else if (dtype === 'bool') for (let i = 0; i < typed.length; i++) values[i] = typed[i] ? 1 : 0
  else if (dtype === 'i64' || dtype === 'u64') {
    for (let i = 0; i < typed.length; i++) values[i] = Number(typed[i])
  } else values.set(typed as ArrayLike<number>)
}

type View = new (
  buffer: ArrayBuffer,
  offset: number,
  length: number,
) => ArrayLike<number> | ArrayLike<bigint>

const views: Readonly<Record<DType, View>> = {
  f16: Uint16Array,
  bf16: Uint16Array,
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  bool: Uint8Array,
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes.length)
  for (let at = 0; at < bytes.length; at += size) {
    for (let i = 0; i < size; i++) result[at + i] = bytes[at + size - 1 - i]!
  }
  return result
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
