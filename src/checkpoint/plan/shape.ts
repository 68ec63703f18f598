import type { CheckpointFile, TensorInfo } from '../checkpoint.ts'
import { isFloat } from '../read/dtype.ts'
import { scaleOf } from '../read/scales.ts'

/** The sizes that the shapes of a table are made of, by their names there. */
export type Sizes = Readonly<Record<string, number>>

/** `'1 P D'` in numbers. */
export function shapeOf(shape: string, sizes: Sizes): number[] {
  return shape.split(' ').map((side) => sizes[side] ?? Number(side))
}

/** Whether two shapes are the same. Leading sides of 1 make no difference: `[1, 1, D]` is `[D]`. */
export const sameShape = (one: readonly number[], other: readonly number[]) =>
  withoutOnes(one) === withoutOnes(other)

function withoutOnes(shape: readonly number[]): string {
  const first = shape.findIndex((side) => side !== 1)
  return shape.slice(first < 0 ? shape.length : first).join(' ')
}

/** Whether a tensor can be a weight. Integers are weights only where scales come with them. */
export const isReadable = (tensor: TensorInfo, { tensors }: CheckpointFile) =>
  isFloat(tensor) || scaleOf(tensors, tensor) !== undefined
