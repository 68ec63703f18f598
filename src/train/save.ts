import { ownMetadata } from '../checkpoint/plan/metadata.ts'
import { writeSafetensors } from '../checkpoint/write/safetensors.ts'
import type { Target } from '../checkpoint/write/target.ts'
import { familyOf } from '../families/registry.ts'
import { rawName } from '../program/training/standardized-kernels.ts'
import type { Prepared } from './prepare.ts'

export interface SaveOptions {
  /** The names of the classes, in the order of the logits. */
  readonly labels: readonly string[]
  /** Added to the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * The trained model as a safetensors file that just loads: with its config, preprocessing and class names.
 * @returns the bytes of the file; one tensor at a time is made
 */
export async function* savedModel(
  { trainer, program, config, plan }: Prepared,
  { labels, metadata, signal }: SaveOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const columns = new Map(program.weights.map(({ name, shape }) => [name, shape[1]]))
  const { targets } = await (await familyOf(config)).tools()
  const weight = async (name: string): Promise<Float32Array> => {
    signal?.throwIfAborted()
    const { parameters, model } = trainer
    return parameters.get(rawName(name)) ?? parameters.get(name) ?? model.read!(name)
  }
  const tensors = targets(config, 'own').map((target) => ({
    name: target.name,
    shape: target.shape,
    dtype: 'f32' as const,
    async data() {
      const { buffer, byteOffset, byteLength } = await valuesOf(target, columns, weight)
      return new Uint8Array(buffer, byteOffset, byteLength)
    },
  }))
  const { recipe, resample } = plan
  yield* writeSafetensors(tensors, {
    ...ownMetadata({ config, recipe, labels, resample }),
    ...metadata,
  })
}

/** The values of a tensor of the file, which lie in rectangles of weights. */
async function valuesOf(
  { shape, pieces, rearrange }: Target,
  columns: ReadonlyMap<string, number>,
  weight: (name: string) => Promise<Float32Array>,
): Promise<Float32Array> {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1))
  for (const { weight: name, start, count, region, scale } of pieces) {
    const from = await weight(name)
    const width = columns.get(name)!
    const inner = region.transposed ? region.rows : region.columns
    for (let i = 0; i < count; i++) {
      const [outer, rest] = [Math.floor(i / inner), i % inner]
      const row = region.row + (region.transposed ? rest : outer)
      const column = region.column + (region.transposed ? outer : rest)
      values[start + i] = from[row * width + column]! * scale
    }
  }
  return rearrange?.(values) ?? values
}
