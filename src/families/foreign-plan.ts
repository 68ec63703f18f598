import { readRecord } from '../check-fields.ts'
import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import type { Given } from '../checkpoint/description.ts'
import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import type { AnyConfig } from './architectures.ts'
import { type DescribeOptions, describeCheckpoint } from './describe.ts'
import { assumptionNotice, type CheckpointPlan, type PlanOptions, planCheckpoint } from './plan.ts'
import { familyOf } from './registry.ts'

/** What the caller says of what lies beside a checkpoint. */
interface Asked extends Pick<Given, 'labels'>, Pick<DescribeOptions, 'signal'> {
  /** Whether it is read. */
  readonly neighbours?: boolean | undefined
}

/**
 * The plan of a file that `planOwn` makes none of, mostly one of another publisher, with what lies beside it. Says what
 * is assumed.
 * @throws what `describeCheckpoint` and `planCheckpoint` throw
 */
export async function planForeign(
  file: CheckpointFile,
  neighbours: Neighbours | undefined,
  config: Partial<AnyConfig>,
  options: PlanOptions,
  asked: Asked,
  notice: (message: string) => void,
): Promise<CheckpointPlan> {
  const { preprocess, prefix, description: known } = options
  const beside = {
    neighbours: asked.neighbours === false ? undefined : neighbours,
    description: known,
  }
  const given = { config, preprocess, labels: asked.labels, prefix }
  const { signal } = asked
  const description = await describeCheckpoint(file, beside, given, { signal, notice })
  const plan = await planCheckpoint(file, config, { ...options, description })
  if (plan.assumed.length > 0) notice(assumptionNotice(file.name, plan.assumed))
  // Most of it was read off shapes.
  readRecord('config', (await familyOf(plan.config)).fields, plan.config)
  return plan
}
