import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import type { Target } from '../checkpoint/write/target.ts'
import { ArgumentError, UnsupportedError } from '../errors.ts'
import { resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import { chooseLabels } from '../labels.ts'
import { type CheckpointPlan, planCheckpoint } from './plan.ts'
import { familyOf } from './registry.ts'

/*
 * A file of google-research/vision_transformer has tensors and nothing else. What it says of a model is what can be
 * read off its names and shapes, so a plan of the file that would be written shows what is lost.
 */

/** A checkpoint as a file of the release. */
export interface OfficialFile {
  readonly targets: readonly Target[]
  /** What the file does not say and its reader must be told, in words. */
  unsaid(): Promise<string[]>
}

/**
 * The tensors of a checkpoint under the release's names.
 * @throws UnsupportedError naming every field that the release's code would take for another: it computes something
 *   else then
 */
export async function asOfficial(plan: CheckpointPlan): Promise<OfficialFile> {
  const { config } = plan
  const tools = await familyOf(config).tools()
  const targets = tools.targets(config, 'official')
  const told = tools.told(config)
  const file = fileOf(targets)
  const read = await planCheckpoint(file, pick(config, told))
  const wrong = differences(config, read.config)
  if (wrong.length > 0) throw refusal(config, read.config, wrong)
  return { targets, unsaid }

  async function unsaid() {
    const alone = await planAlone(file)
    const lost = alone ? differences(config, alone.config) : told
    const sameRecipe = asText(resolveRecipe(plan.recipe)) === asText(resolveRecipe(read.recipe))
    const { classes } = config
    const [own, assumed] = await Promise.all([
      chooseLabels(classes, undefined, plan.labels),
      chooseLabels(classes, undefined),
    ])
    return [
      ...lost.map((field) => fieldText(config, field)),
      ...(sameRecipe ? [] : ['the preprocessing']),
      ...(asText(own) === asText(assumed) ? [] : ['the class names']),
      ...(plan.resample === read.resample
        ? []
        : [`the rule by which positions are resized (${plan.resample})`]),
    ]
  }
}

/** Undefined where names and shapes leave something open. */
async function planAlone(file: CheckpointFile): Promise<CheckpointPlan | undefined> {
  try {
    return await planCheckpoint(file)
  } catch (error) {
    if (error instanceof ArgumentError) return undefined
    throw error
  }
}

/** A file of these tensors, as far as a plan looks at it. */
function fileOf(targets: readonly Target[]): CheckpointFile {
  const tensors = targets.map(({ name, shape }) => ({ name, shape, dtype: 'f32' as const }))
  return {
    format: 'npz',
    name: 'the .npz',
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    metadata: {},
    read: () => {
      throw new UnsupportedError('This file has no values.')
    },
    close: async () => {},
  }
}

function refusal(config: object, read: object, fields: readonly string[]): UnsupportedError {
  const list = (of: object) => fields.map((field) => fieldText(of, field)).join(', ')
  return new UnsupportedError(
    `A file of google-research/vision_transformer can't say ${list(config)}: its code would compute ${list(read)}. Write .safetensors, which keeps everything; or, where the values of the release will do, pass them as config (--config gelu=tanh).`,
  )
}

const differences = (config: object, read: object) =>
  Object.keys(config).filter((field) => fieldText(config, field) !== fieldText(read, field))

const fieldText = (config: object, field: string) =>
  `${field} ${asText((config as Record<string, unknown>)[field])}`

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const pick = (config: object, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(config).filter(([field]) => fields.includes(field)))
