import { ownMetadata } from '../checkpoint/plan/metadata.ts'
import { writeSafetensors } from '../checkpoint/write/safetensors.ts'
import { countOf, type Target } from '../checkpoint/write/target.ts'
import { familyOf } from '../families/registry.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import { rawName } from '../program/training/standardized-kernels.ts'
import { merged } from './lora.ts'
import type { Prepared } from './prepare.ts'

export interface SaveOptions {
  /** The names of the classes, in the order of the logits. */
  readonly labels: readonly string[]
  /** The preprocessing that it was trained with; the checkpoint's unless given. */
  readonly recipe?: RecipeName | Recipe
  /** Added to the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>
  /** What is saved of the weights that are trained; the trainer's own unless given. */
  readonly parameters?: ReadonlyMap<string, Float32Array> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The trained model as a safetensors file that just loads: with its config, preprocessing and class names. Adapters are
 * merged into the kernels.
 * @returns the bytes of the file; one tensor at a time is made
 */
export async function* savedModel(
  { trainer, program, adapters, config, plan }: Prepared,
  { labels, recipe = plan.recipe, metadata, signal, parameters = trainer.parameters }: SaveOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const columns = new Map(program.weights.map(({ name, shape }) => [name, shape[1]]))
  const { targets } = await (await familyOf(config)).tools()
  const weight = async (name: string): Promise<Float32Array> => {
    signal?.throwIfAborted()
    const own = parameters.get(rawName(name)) ?? parameters.get(name)
    if (own) return own
    const frozen = await trainer.model.read!(name)
    const adapter = adapters.find(({ kernel }) => kernel === name)
    if (!adapter) return frozen
    return merged(frozen, parameters.get(adapter.a)!, parameters.get(adapter.b)!, adapter)
  }
  const saved = withTrainedKeys(config, parameters)
  const tensors = targets(saved, 'own').map((target) => ({
    name: target.name,
    shape: target.shape,
    dtype: 'f32' as const,
    async data() {
      const { buffer, byteOffset, byteLength } = await valuesOf(target, columns, weight)
      return new Uint8Array(buffer, byteOffset, byteLength)
    },
  }))
  const { resample } = plan
  yield* writeSafetensors(tensors, {
    ...ownMetadata({ config: saved, recipe, labels, resample }),
    ...metadata,
  })
}

/** Where keys are rotated, training gives them biases that a model had not; its file has them then. */
function withTrainedKeys(
  config: Prepared['config'],
  parameters: ReadonlyMap<string, Float32Array>,
): Prepared['config'] {
  const isTrained = [...parameters.keys()].some((name) => name.endsWith('.key_value.bias'))
  const lacks = 'qkvBias' in config && config.qkvBias === 'query_value'
  return isTrained && lacks ? ({ ...config, qkvBias: true } as Prepared['config']) : config
}

/** The values of a tensor of the file, which lie in rectangles of weights. */
async function valuesOf(
  target: Target,
  columns: ReadonlyMap<string, number>,
  weight: (name: string) => Promise<Float32Array>,
): Promise<Float32Array> {
  const values = new Float32Array(countOf(target))
  for (const { weight: name, start, count, region, scale, forFilesOnly } of target.pieces) {
    if (forFilesOnly) {
      // Factors that were multiplied into the weights that are trained.
      values.fill(1, start, start + count)
      continue
    }
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
  return target.rearrange?.(values) ?? values
}
