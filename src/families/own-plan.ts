import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import { foundAsNamed, matchExactly } from '../checkpoint/plan/exact.ts'
import { hasOwnRecipe, ownFamily, readOwnMetadata } from '../checkpoint/plan/metadata.ts'
import type { Field } from '../fields.ts'
import type { AnyConfig } from './architectures.ts'
import type { CheckpointPlan, PlanOptions } from './plan.ts'
import { runnableOf } from './runnables.ts'

/**
 * The plan of a file of ours, whose metadata have its config. It is what `planCheckpoint` makes of the file, without
 * the tables and rules for files of other publishers.
 * @returns undefined where only `planCheckpoint` makes a plan, or says why there is none
 * @throws FormatError for metadata that make no sense, UnsupportedError for a family that is not known; ArgumentError
 *   as `planCheckpoint`
 */
export async function planOwn(
  file: CheckpointFile,
  overrides: Partial<AnyConfig>,
  { description = {}, ...options }: PlanOptions,
): Promise<CheckpointPlan | undefined> {
  const name = ownFamily(file)
  if (name === undefined) return undefined
  const family = await runnableOf({ family: name })
  const { resolveRecipe } = hasOwnRecipe(file) ? await recipes() : {}
  const own = readOwnMetadata(file, family, resolveRecipe)
  if (options.prefix !== undefined || options.patchSize) return undefined
  const { ownNames, fields, layout } = family
  const areFields = Object.entries(overrides).every(([name, value]) =>
    (fields as Readonly<Record<string, Field>>)[name]?.valid(value),
  )
  if (!areFields) return undefined
  const config = { ...own.config, ...overrides }
  const found = foundAsNamed(file, ownNames)
  const resample = options.resample ?? own.resample ?? 'official'
  const positions = { resample, storedGrid: options.storedGrid, stored: own.config }
  const matched = matchExactly(found, layout(config, found, positions, []))
  return (
    matched && {
      publisher: 'vitrine',
      prefix: '',
      config: config as AnyConfig,
      recipe: own.recipe,
      labels: own.labels ?? description.labels,
      resample,
      assumed: [],
      ...matched,
    }
  )
}

/** Most files have the name of a recipe. */
const recipes = () => import('../image/preprocess/resolve-recipe.ts')
