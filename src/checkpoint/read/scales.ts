import { FormatError } from '../../errors.ts'
import { dequantize } from '../../quantization/int8.ts'
import type { CheckpointFile, ReadOptions, TensorInfo } from '../checkpoint.ts'

/** The tensor with the scales of an int8 tensor, one per row of its first dimension. */
export function scaleOf(
  tensors: ReadonlyMap<string, TensorInfo>,
  tensor: TensorInfo,
): TensorInfo | undefined {
  return tensor.dtype === 'i8' ? tensors.get(`${tensor.name}.scale`) : undefined
}

/** Is this the tensor of scales of another one? */
export function isScale(tensors: ReadonlyMap<string, TensorInfo>, name: string): boolean {
  return name.endsWith('.scale') && tensors.get(name.slice(0, -'.scale'.length))?.dtype === 'i8'
}

/**
 * Multiplies int8 tensors by their scales while they are read: `scale * q` in f32, rounded once.
 * @throws FormatError where a scale does not fit its tensor
 */
export function withScales(file: CheckpointFile): CheckpointFile {
  for (const tensor of file.tensors.values()) {
    const scale = scaleOf(file.tensors, tensor)
    if (!scale) continue
    if (scale.dtype !== 'f32' || scale.shape.length !== 1 || scale.shape[0] !== tensor.shape[0]) {
      throw new FormatError(
        `${scale.name} in ${file.name} must be ${tensor.shape[0]} scales of f32, it is [${scale.shape.join(', ')}] of ${scale.dtype}.`,
      )
    }
  }

  async function* scaled(tensor: TensorInfo, scale: TensorInfo, options?: ReadOptions) {
    const scales = await readScales(file, scale, options)
    let done = 0
    for await (const block of file.read(tensor.name, options)) {
      dequantize(block, done, rowLength(tensor), scales, block)
      done += block.length
      yield block
    }
  }

  return {
    ...file,
    read(name, options) {
      const tensor = file.tensors.get(name)
      const scale = tensor && scaleOf(file.tensors, tensor)
      return tensor && scale ? scaled(tensor, scale, options) : file.read(name, options)
    },
  }
}

/** The values of a tensor of scales. */
export async function readScales(
  file: CheckpointFile,
  scale: TensorInfo,
  options?: ReadOptions,
): Promise<Float32Array> {
  const scales = new Float32Array(scale.shape[0]!)
  let count = 0
  for await (const block of file.read(scale.name, options)) {
    scales.set(block, count)
    count += block.length
  }
  return scales
}

/** How many values have the same scale. */
export const rowLength = ({ shape }: TensorInfo) =>
  shape.slice(1).reduce((product, side) => product * side, 1)
