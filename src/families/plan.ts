import { readRecord } from '../check-fields.ts'
import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import type { Description } from '../checkpoint/description.ts'
import type { ModelConfig } from '../checkpoint/model-config.ts'
import { foundIn } from '../checkpoint/plan/found.ts'
import type { Matched } from '../checkpoint/plan/layout.ts'
import { matchTensors } from '../checkpoint/plan/match.ts'
import { ownFamily, readOwnMetadata } from '../checkpoint/plan/metadata.ts'
import type { Grid } from '../checkpoint/plan/position.ts'
import { recognise } from '../checkpoint/plan/recognise.ts'
import type { Resample } from '../checkpoint/plan/resamples.ts'
import { unstacked } from '../checkpoint/plan/stacked.ts'
import { CheckpointError } from '../errors.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import { resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import type { LabelSet } from '../labels.ts'
import type { AnyConfig } from './architectures.ts'
import type { Family } from './family.ts'
import { familiesFor, familyOf } from './registry.ts'

/** How the tensors of a file become the weights of a model. */
export interface CheckpointPlan extends Matched {
  /** Whose names the file has; `vitrine` for what this package wrote: timm's names and a config. */
  readonly publisher: string
  /** What stands before the names of the model's tensors, '' for nothing: `teacher.backbone.`. */
  readonly prefix: string
  readonly config: AnyConfig
  /** The preprocessing that these weights were trained with. */
  readonly recipe: RecipeName | Recipe
  /** Class names, where the file or what lies beside it has them. */
  readonly labels?: readonly string[] | LabelSet | undefined
  /** The rule by which a position embedding is resized, now or when it is loaded again. */
  readonly resample: Resample
  /** What nothing says and was therefore taken for granted, in words. */
  readonly assumed: readonly string[]
}

export interface PlanOptions {
  /** How a position embedding is resized for another image size; as its publisher does unless given. */
  readonly resample?: Resample | undefined
  /** The grid of patches that the file was made for, where it is not square. */
  readonly storedGrid?: Grid | undefined
  /** Height and width of patches in pixels, where the kernel is to be resized if those of the file are others. */
  readonly patchSize?: Grid | undefined
  /** Of a file with several models: what the names of the wanted one begin with, `student.backbone`. */
  readonly prefix?: string | undefined
  /** What the caller says of the preprocessing; then nothing is assumed of it. */
  readonly preprocess?: RecipeName | Partial<Recipe> | undefined
  /** What is known beside the tensors; the overrides go before it. */
  readonly description?: Description | undefined
}

/**
 * Recognises whose checkpoint this is and of which family, infers its config, and plans how to load it.
 * Only names and shapes are looked at.
 * @param overrides what the names and shapes don't tell (`heads`, a non-square `imageSize`), or
 *   what is wanted otherwise: another `imageSize` (the position embedding is resized), `classes: 0`
 *   or `representation: 0` (the head or `pre_logits` is left out), another `classifier`
 * @throws CheckpointError naming every tensor that is missing, extra or misshapen; UnsupportedError
 *   naming what the model is, where it is of no family here; ArgumentError where an override is needed
 */
export async function planCheckpoint(
  file: CheckpointFile,
  overrides: Partial<AnyConfig> = {},
  options: PlanOptions = {},
): Promise<CheckpointPlan> {
  const blocks = unstacked(file)
  if (!blocks) return planBlocks(file, overrides, options)
  return blocks.restack(await planBlocks(blocks.file, overrides, options))
}

/** The same for a file with tensors for each block. */
async function planBlocks(
  file: CheckpointFile,
  overrides: Partial<AnyConfig>,
  { description = {}, ...options }: PlanOptions,
): Promise<CheckpointPlan> {
  const name = ownFamily(file)
  const kinds = name === undefined ? await familiesFor(file) : [await ownKind(name)]
  const own = name === undefined ? undefined : readOwnMetadata(file, kinds[0]!, resolveRecipe)
  const headless = overrides.classes === 0
  const recognised = recognise(file, kinds, { prefix: options.prefix, headless })
  const { kind: family, prefix, others: otherModels, publisher } = recognised
  requireFamily(family.name, overrides, file)
  readRecord('config', family.fields, overrides)
  const assumed: string[] = []
  if (otherModels.length > 0 && options.prefix === undefined) {
    assumed.push(`prefix ${prefix} and not ${otherModels.join(', ')}`)
  }
  const found = foundIn(file, recognised)
  const { patchSize } = options
  const others = patchSize ? withoutPatchSize(overrides) : overrides
  const stored = own
    ? { ...own.config, ...others }
    : family.infer(found, { ...description.config, ...others }, assumed)
  const { storedSize } = description
  const positions = {
    resample: options.resample ?? own?.resample ?? (own ? 'official' : publisher.resample),
    storedGrid: options.storedGrid,
    stored: own?.config ?? (storedSize && { imageSize: storedSize }),
  }
  const match = (config: ModelConfig) =>
    matchTensors(file, recognised, family.layout(config, found, positions, assumed))
  const { config, matched } = patchSize
    ? (await import('./resize-patches.ts')).planPatches(
        family,
        stored as AnyConfig,
        patchSize,
        match,
      )
    : { config: stored, matched: match(stored) }
  const said = own?.recipe ?? description.preprocess
  const recipe = said ?? family.recipe(config, found, options.preprocess ? [] : assumed)
  return {
    publisher: own ? 'vitrine' : publisher.name,
    prefix,
    config: config as AnyConfig,
    recipe,
    labels: own?.labels ?? description.labels,
    resample: positions.resample,
    assumed,
    ...matched,
  }
}

function withoutPatchSize(overrides: object): Partial<AnyConfig> {
  const { patchSize: _, ...others } = overrides as { patchSize?: Grid }
  return others
}

/** The family of a file of ours: its names are those of such files, or those of a publisher. */
async function ownKind(name: string): Promise<Family> {
  const family = await familyOf({ family: name })
  return { ...family, publishers: [family.ownNames, ...family.publishers] }
}

/** @throws CheckpointError where another family is asked for, by a variant's name or in a config */
function requireFamily(name: string, { family }: Partial<ModelConfig>, file: CheckpointFile): void {
  if (family === undefined || family === name) return
  throw new CheckpointError(
    `${file.name} has a model of the family ${name}, and one of the family ${family} is asked for.`,
  )
}

/** Says what a plan takes for granted, and how to say otherwise. */
export const assumptionNotice = (file: string, assumed: readonly string[]) =>
  `${file} does not say everything of its model, nor does a config.json beside it. Assumed: ${assumed.join(', ')}. Pass what is otherwise: config.heads (--config heads=N), imageSize (--image-size HEIGHTxWIDTH), prefix (--prefix NAMES), preprocess (--mean, --std).`
