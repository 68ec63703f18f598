import { ArgumentError } from '../../errors.ts'
import type { TensorInfo } from '../checkpoint.ts'
import { elementCount, itemSize } from '../read/dtype.ts'

/** A tensor to be written. Its bytes are made when it is written, and dropped after that. */
export interface TensorToWrite extends TensorInfo {
  /** Little-endian, row-major. */
  data(): Uint8Array | Promise<Uint8Array>
}

/**
 * The bytes that a tensor of this shape and type has.
 * @throws ArgumentError for a shape that can't be counted
 */
export function byteLength({ name, shape, dtype }: TensorInfo): number {
  const count = elementCount(shape, dtype)
  if (count === undefined) throw new ArgumentError(`${name} has the shape [${shape.join(', ')}].`)
  return count * itemSize[dtype]
}

/** @throws ArgumentError for data of another length than the shape's */
export async function dataOf(tensor: TensorToWrite): Promise<Uint8Array> {
  const bytes = await tensor.data()
  const expected = byteLength(tensor)
  if (bytes.length === expected) return bytes
  throw new ArgumentError(`${tensor.name} has ${bytes.length} bytes; its shape needs ${expected}.`)
}

export const duplicate = (name: string) =>
  new ArgumentError(`There can't be a second tensor named ${name}.`)
