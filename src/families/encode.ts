import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import { type EncodeOptions, encodeTensors } from '../checkpoint/write/encode.ts'
import type { CheckpointPlan } from './plan.ts'
import { familyOf } from './registry.ts'

/**
 * Writes a checkpoint of any family as safetensors, with config, preprocessing, class names and the rule
 * for position embeddings in its metadata; see `encodeTensors`.
 */
export async function* encodeCheckpoint(
  file: CheckpointFile,
  plan: CheckpointPlan,
  options: EncodeOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { targets } = await (await familyOf(plan.config)).tools()
  yield* encodeTensors(file, plan, targets(plan.config), options)
}
