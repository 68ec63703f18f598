import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import { foundIn } from '../checkpoint/plan/found.ts'
import { recognise } from '../checkpoint/plan/recognise.ts'
import type { Target } from '../checkpoint/write/target.ts'
import { ArgumentError, UnsupportedError } from '../errors.ts'
import { resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import { chooseLabels } from '../labels.ts'
import type { CheckpointPlan } from './plan.ts'
import { familyOf } from './registry.ts'

/*
 * A file of google-research/vision_transformer has tensors and nothing else. What it says of a model is what can be
 * read off its names and shapes, so reading the file that would be written shows what is lost.
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
  const family = await familyOf(config)
  const tools = await family.tools()
  const targets = tools.targets(config, 'official')
  const told = pick(config, tools.told(config))
  const file = fileOf(targets)
  const found = foundIn(file, recognise(file, [family]))
  const read = family.infer(found, told, [])
  const wrong = differences(config, read)
  if (wrong.length > 0) throw refusal(config, read, wrong)
  return { targets, unsaid }

  async function unsaid(): Promise<string[]> {
    const { classes } = config
    const [own, assumed] = await Promise.all([
      chooseLabels(classes, undefined, plan.labels),
      chooseLabels(classes, undefined),
    ])
    const recipe = family.recipe(config, found, [])
    return [
      ...lost().map((field) => fieldText(config, field)),
      ...(same(resolveRecipe(plan.recipe), resolveRecipe(recipe)) ? [] : ['the preprocessing']),
      ...(same(own, assumed) ? [] : ['the class names']),
      ...(plan.resample === found.publisher.resample
        ? []
        : [`the rule by which positions are resized (${plan.resample})`]),
    ]
  }

  /** The fields that names and shapes leave open, or seem to say otherwise. */
  function lost(): readonly string[] {
    try {
      return differences(config, family.infer(found, {}, []))
    } catch (error) {
      if (error instanceof ArgumentError) return Object.keys(told)
      throw error
    }
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
  // What tensors a model has can't be passed.
  const values = Object.entries(read).filter(([field]) => fields.includes(field))
  const pairs = values.map(([field, value]) => `${field}=${value}`).join()
  const advice = values.some(([, value]) => typeof value === 'boolean')
    ? ''
    : `; or, where the values of the release will do, pass them as config (--config ${pairs})`
  return new UnsupportedError(
    `A file of google-research/vision_transformer can't say ${list(config)}: its code would compute ${list(read)}. Write .safetensors, which keeps everything${advice}.`,
  )
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

const differences = (config: object, read: object) =>
  Object.keys(config).filter((field) => fieldText(config, field) !== fieldText(read, field))

const fieldText = (config: object, field: string) =>
  `${field} ${asText((config as Record<string, unknown>)[field])}`

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const pick = (config: object, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(config).filter(([field]) => fields.includes(field)))
