import { MemoryError } from '../../errors.ts'
import type { DType, TensorInfo } from '../checkpoint.ts'

/** Bytes per element. */
export const itemSize: Readonly<Record<DType, number>> = {
  f16: 2,
  bf16: 2,
  f32: 4,
  f64: 8,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  bool: 1,
}

const floats: readonly DType[] = ['f16', 'bf16', 'f32', 'f64']

export const isFloat = ({ dtype }: TensorInfo) => floats.includes(dtype)

/** The number of elements, or undefined where it (or its bytes) can't be counted exactly. */
export function elementCount(shape: readonly number[], dtype: DType): number | undefined {
  let count = 1
  for (const side of shape) {
    if (!Number.isSafeInteger(side) || side < 0) return undefined
    count *= side
    if (count * itemSize[dtype] > Number.MAX_SAFE_INTEGER) return undefined
  }
  return count
}

/** Bytes of a tensor as it is stored, before any compression. */
export function tensorBytes({ shape, dtype }: TensorInfo): number {
  return shape.reduce((count, side) => count * side, 1) * itemSize[dtype]
}

/** An f32 array, or a typed error where the machine refuses it. */
export function allocate(length: number, what: string): Float32Array {
  try {
    return new Float32Array(length)
  } catch (cause) {
    throw new MemoryError(`There is no room for the ${length * 4} bytes of ${what}.`, { cause })
  }
}
