import type { CheckpointFile } from '../../../src/checkpoint/checkpoint.ts'
import {
  type CheckpointPlan,
  type PlanOptions,
  planCheckpoint,
} from '../../../src/families/plan.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'

/** The plan of a file that must be of a ViT. */
export async function planViT(
  file: CheckpointFile,
  overrides?: Partial<ViTConfig>,
  options?: PlanOptions,
): Promise<CheckpointPlan & { readonly config: ViTConfig }> {
  const plan = await planCheckpoint(file, overrides, options)
  if (plan.config.family !== 'vit') throw new Error(`${file.name} is no ViT`)
  return { ...plan, config: plan.config }
}
