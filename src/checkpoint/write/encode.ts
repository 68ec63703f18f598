import { UnsupportedError } from '../../errors.ts'
import { quantizeRows } from '../../quantization/int8.ts'
import type { CheckpointFile, OpenOptions } from '../checkpoint.ts'
import type { Matched } from '../plan/layout.ts'
import { loadPieces } from '../plan/load.ts'
import { type OwnMetadata, ownMetadata } from '../plan/metadata.ts'
import type { Piece } from '../plan/piece.ts'
import { allocate, tensorBytes } from '../read/dtype.ts'
import { floatsToHalves } from '../read/half.ts'
import { type TensorToWrite, writeSafetensors } from './safetensors.ts'

export interface EncodeOptions extends Omit<OpenOptions, 'maxBytes'> {
  /** `int8`: the matrices of the blocks as int8 with f32 scales per output, the rest as f16. */
  readonly dtype: 'f32' | 'f16' | 'int8'
  /** Added to the file's `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** A tensor of a file that is written. */
export interface Target {
  readonly name: string
  readonly shape: readonly number[]
  /** A matrix that may become int8. */
  readonly isMatrix: boolean
  /** Where its values lie in our weights; `start` and `count` are of the tensor that is written. */
  readonly pieces: readonly Piece[]
  /** Done to the values at the end. */
  rearrange?(values: Float32Array): Float32Array
}

/**
 * Writes a model as safetensors, with all that a file does not show in its metadata, so that it loads the
 * same everywhere. An f32 file holds the very values of its source, f16 is rounded to nearest.
 * @param targets the tensors of the new file
 * @returns the bytes of the file; one tensor at a time is in memory
 * @throws UnsupportedError where a value is too large for f16
 */
export function encodeTensors(
  file: CheckpointFile,
  plan: Matched & OwnMetadata,
  targets: readonly Target[],
  { dtype, metadata, signal, onProgress }: EncodeOptions,
): AsyncIterable<Uint8Array> {
  const { config, recipe, labels, resample } = plan
  const isInt8 = ({ isMatrix }: Target) => dtype === 'int8' && isMatrix
  const encode = (target: Target): TensorToWrite[] => {
    const values = () => readTarget(file, plan, target, { signal })
    if (isInt8(target)) return int8Tensors(target, values)
    return [floatTensor(target, dtype === 'f32' ? 'f32' : 'f16', values)]
  }
  // The matrices first: their sizes keep all that follows aligned to its elements.
  const sorted = [...targets].sort((a, b) => Number(isInt8(b)) - Number(isInt8(a)))
  const tensors = sorted.flatMap(encode)
  const all = { ...ownMetadata({ config, recipe, labels, resample }), ...metadata }
  return writeSafetensors(onProgress ? reporting(tensors, onProgress) : tensors, all)
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

/** The values of a tensor, laid out as it is written. */
async function readTarget(
  file: CheckpointFile,
  plan: Matched,
  target: Target,
  options: OpenOptions,
): Promise<Float32Array> {
  const count = target.shape.reduce((product, side) => product * side, 1)
  const values = allocate(count, target.name)
  for (const to of target.pieces) {
    const from = (plan.pieces.get(to.weight) ?? [])
      .filter((piece) => within(piece, to))
      .map((piece) => ({ ...piece, standardize: undefined }))
    const part = values.subarray(to.start, to.start + to.count)
    await loadPieces(
      file,
      from,
      { write: (_, region, start, run) => place(part, to, region, start, run) },
      options,
    )
    if (to.scale !== 1) for (let i = 0; i < part.length; i++) part[i]! *= to.scale
  }
  return target.rearrange?.(values) ?? values
}

/** Does this piece of the source lie within that rectangle? */
function within({ region }: Piece, { region: outer }: Piece): boolean {
  return (
    region.row >= outer.row &&
    region.row < outer.row + outer.rows &&
    region.column >= outer.column &&
    region.column < outer.column + outer.columns
  )
}

/** Puts values `start`, `start + 1`, … of a region where they belong in the rectangle `to`. */
function place(
  values: Float32Array,
  { region: to }: Piece,
  region: Piece['region'],
  start: number,
  run: Float32Array,
): void {
  const inner = region.transposed ? region.rows : region.columns
  for (let i = 0; i < run.length; i++) {
    const outer = Math.floor((start + i) / inner)
    const rest = start + i - outer * inner
    const row = (region.transposed ? rest : outer) + region.row - to.row
    const column = (region.transposed ? outer : rest) + region.column - to.column
    values[to.transposed ? column * to.rows + row : row * to.columns + column] = run[i]!
  }
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
