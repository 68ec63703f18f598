import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import { ownMetadata } from '../checkpoint/plan/metadata.ts'
import { type EncodeOptions, encodeTensors } from '../checkpoint/write/encode.ts'
import { writeNpz } from '../checkpoint/write/npz.ts'
import { writeSafetensors } from '../checkpoint/write/safetensors.ts'
import { asOfficial } from './official.ts'
import type { CheckpointPlan } from './plan.ts'
import { familyOf } from './registry.ts'

export interface EncodeCheckpointOptions extends EncodeOptions {
  /** Added to the file's `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Writes a checkpoint of any family as safetensors, with config, preprocessing, class names and the rule for position
 * embeddings in its metadata, so that it loads the same everywhere.
 * @returns the bytes of the file; one tensor at a time is in memory
 * @throws UnsupportedError where a value is too large for the dtype
 */
export async function* encodeCheckpoint(
  file: CheckpointFile,
  plan: CheckpointPlan,
  { metadata, ...options }: EncodeCheckpointOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { config, recipe, labels, resample } = plan
  const { targets } = await (await familyOf(config)).tools()
  const tensors = encodeTensors(file, plan, targets(config, 'own'), options)
  const own = ownMetadata({ config, recipe, labels, resample })
  yield* writeSafetensors(tensors, { ...own, ...metadata })
}

/**
 * Writes a checkpoint as an `.npz` of float32 under the names of google-research/vision_transformer.
 * @returns as `encodeCheckpoint`
 * @throws UnsupportedError naming what the release's code would compute differently
 */
export async function* encodeNpz(
  file: CheckpointFile,
  plan: CheckpointPlan,
  options: Omit<EncodeOptions, 'dtype'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { targets } = await asOfficial(plan)
  yield* writeNpz(encodeTensors(file, plan, targets, { ...options, dtype: 'f32' }))
}
