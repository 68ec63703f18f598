import { readRecord } from '../check-fields.ts'
import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import type { Beside, Given } from '../checkpoint/description.ts'
import type { AnyConfig } from './architectures.ts'
import { type DescribeOptions, describeCheckpoint } from './describe.ts'
import { assumptionNotice, type CheckpointPlan, type PlanOptions, planCheckpoint } from './plan.ts'
import { familyOf } from './registry.ts'

/**
 * The plan of a file that `planOwn` makes none of, mostly one of another publisher, with what lies beside it. Says what
 * is assumed.
 * @throws what `describeCheckpoint` and `planCheckpoint` throw
 */
export async function planForeign(
  file: CheckpointFile,
  beside: Beside,
  given: Given<AnyConfig>,
  options: PlanOptions,
  { signal, notice }: DescribeOptions,
): Promise<CheckpointPlan> {
  const description = await describeCheckpoint(file, beside, given, { signal, notice })
  const plan = await planCheckpoint(file, given.config, { ...options, description })
  if (plan.assumed.length > 0) notice(assumptionNotice(file.name, plan.assumed))
  // Most of it was read off shapes.
  readRecord('config', (await familyOf(plan.config)).fields, plan.config)
  return plan
}
