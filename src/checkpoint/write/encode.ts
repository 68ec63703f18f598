import { UnsupportedError } from '../../errors.ts'
import { quantizeRows } from '../../quantization/int8.ts'
import type { CheckpointFile, OpenOptions } from '../checkpoint.ts'
import type { Matched } from '../plan/layout.ts'
import { tensorBytes } from '../read/dtype.ts'
import { floatsToHalves } from '../read/half.ts'
import { readTarget, type Target } from './target.ts'
import type { TensorToWrite } from './tensor.ts'

export interface EncodeOptions extends Omit<OpenOptions, 'maxBytes'> {
  /** `int8`: the matrices of the blocks as int8 with f32 scales per output, the rest as f16. */
  readonly dtype: 'f32' | 'f16' | 'int8'
}

/**
 * The tensors of a new file, each of which reads its values from the source when it is written. f32 are the very
 * values of the source, f16 is rounded to nearest.
 * @param targets the tensors of the new file
 * @throws UnsupportedError for int8 where no tensor is a matrix `[out, in]`, as in a LiT; when it is written, where a
 *   value is too large for f16
 */
export function encodeTensors(
  file: CheckpointFile,
  plan: Matched,
  targets: readonly Target[],
  { dtype, signal, onProgress }: EncodeOptions,
): TensorToWrite[] {
  if (dtype === 'int8' && !targets.some(({ isMatrix }) => isMatrix)) {
    throw new UnsupportedError(
      'Files of this model have no matrices as int8 needs them, [out, in]; write f16.',
    )
  }
  const isInt8 = ({ isMatrix }: Target) => dtype === 'int8' && isMatrix
  const encode = (target: Target): TensorToWrite[] => {
    const values = () => readTarget(file, plan, target, { signal })
    if (isInt8(target)) return int8Tensors(target, values)
    return [floatTensor(target, dtype === 'f32' ? 'f32' : 'f16', values)]
  }
  // The matrices first: their sizes keep all that follows aligned to its elements.
  const sorted = [...targets].sort((a, b) => Number(isInt8(b)) - Number(isInt8(a)))
  const tensors = sorted.flatMap(encode)
  return onProgress ? reporting(tensors, onProgress) : tensors
}

/** Reports after every tensor how much of the new file is made. */
function reporting(
  tensors: readonly TensorToWrite[],
  onProgress: NonNullable<OpenOptions['onProgress']>,
): TensorToWrite[] {
  const total = tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0)
  let loaded = 0
  return tensors.map((tensor) => ({
    ...tensor,
    async data() {
      const bytes = await tensor.data()
      loaded += bytes.length
      onProgress({ phase: 'weights', loaded, total })
      return bytes
    },
  }))
}

function floatTensor(
  { name, shape }: Target,
  dtype: 'f32' | 'f16',
  values: () => Promise<Float32Array>,
): TensorToWrite {
  const data = async () => {
    const floats = await values()
    return bytesOf(dtype === 'f16' ? floatsToHalves(floats, name) : floats)
  }
  return { name, dtype, shape, data }
}

/** The scales, then the integers made with them: a reader of a stream needs them in this order. */
function int8Tensors(
  { name, shape }: Target,
  values: () => Promise<Float32Array>,
): TensorToWrite[] {
  const [rows, columns] = shape as [number, number]
  let made: Int8Array | undefined
  return [
    {
      name: `${name}.scale`,
      dtype: 'f32',
      shape: [rows],
      async data() {
        const floats = await values()
        const matrix = quantizeRows(floats, rows, columns)
        if (!matrix.scales.every(Number.isFinite)) {
          throw new UnsupportedError(
            `${name} has values too large for int8: some of them sum to more than f32 holds.`,
          )
        }
        made = matrix.values
        return bytesOf(matrix.scales)
      },
    },
    {
      name,
      dtype: 'i8',
      shape,
      data() {
        const bytes = bytesOf(made!)
        made = undefined
        return bytes
      },
    },
  ]
}

const bytesOf = (array: Float32Array | Uint16Array | Int8Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
