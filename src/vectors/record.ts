import type { ModelConfig } from '../checkpoint/model-config.ts'
import { ArgumentError, FormatError } from '../errors.ts'
import type { AnyConfig } from '../families/architectures.ts'
import { isArrayOf } from '../fields.ts'
import type { Recipe } from '../image/preprocess/recipes.ts'
import { resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import type { ImageModel } from '../model/image-model.ts'
import type { Pool } from '../model/pools.ts'
import { isSameProbe, probePicture } from '../model/probe.ts'

/** What made the vectors of a file. */
export interface Maker {
  /** As the command line named it; absent for the model of the package. */
  readonly weights?: string
  readonly config: ModelConfig
  readonly preprocess: Recipe
  /** Its embedding of a picture that every program has, which tells weights apart. */
  readonly probe: readonly number[]
}

/** What a file of vectors says about itself. */
export interface VectorRecord {
  /** Of this record. */
  readonly version: 1
  readonly maker: Maker
  /** What a row is the vector of. */
  readonly subject: 'image' | 'text'
  /** `own` is the embedding that the model has by itself. */
  readonly pool: Pool | 'own'
  /** Whether vectors have length 1. */
  readonly normalized: boolean
  /** Of a row: `[width]`, or `[tokens, width]`. */
  readonly shape: readonly number[]
  readonly dtype: 'f16' | 'f32'
}

/** Where a file has its record: the name of a field of JSON or of parquet's metadata. */
export const recordKey = 'vitrine'

type Model = Pick<ImageModel<AnyConfig>, 'config' | 'preprocess' | 'embed'>

export async function makerOf(model: Model, weights: string | undefined): Promise<Maker> {
  const { config, preprocess } = model
  return {
    ...(weights !== undefined && { weights }),
    config,
    preprocess: resolveRecipe(preprocess),
    probe: await probeOf(model),
  }
}

/** One vector, also of a model that does not pool. */
async function probeOf(model: Model): Promise<number[]> {
  const { classifier } = model.config as { classifier?: string }
  const isPooled = classifier === undefined || !/unpooled$/.test(classifier)
  return [...(await model.embed(probePicture, isPooled ? {} : { pool: 'mean' }))]
}

/**
 * @param file its name
 * @throws ArgumentError naming what differs, since vectors of different models can't be compared
 */
export async function requireMaker(model: Model, { maker }: VectorRecord, file: string) {
  const told = { ...flat('', maker.config), ...flat('preprocess.', maker.preprocess) }
  const found = {
    ...flat('', model.config),
    ...flat('preprocess.', resolveRecipe(model.preprocess)),
  }
  const names = new Set([...Object.keys(told), ...Object.keys(found)])
  const differences = [...names]
    .filter((name) => told[name] !== found[name])
    .map((name) => `${name} is ${told[name] ?? 'absent'} there, ${found[name] ?? 'absent'} here`)
  if (differences.length === 0 && isSameProbe(maker.probe, await probeOf(model))) return
  const why = differences.length > 0 ? differences.join('; ') : 'the weights are others'
  throw new ArgumentError(
    `${file} was made by another model, ${nameOf(maker)}, so its vectors can't be compared with this one's: ${why}.`,
  )
}

export const nameOf = ({ weights, config }: Maker): string =>
  weights === undefined ? 'that of the package' : `${weights} (${config.family})`

/** Fields as JSON by their names. */
const flat = (prefix: string, fields: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [prefix + name, JSON.stringify(value)]),
  )

/**
 * @param value the parsed JSON
 * @param file its name
 * @throws FormatError for what is no record; ArgumentError for one of a later version
 */
export function readRecord(value: unknown, file: string): VectorRecord {
  const { version, maker, subject, pool, normalized, shape, dtype } = (value ??
    {}) as Partial<VectorRecord>
  if (typeof version === 'number' && version > 1) {
    throw new ArgumentError(
      `${file} was written by a later version of vitrine (record ${version}, and this one reads 1).`,
    )
  }
  const isRight =
    version === 1 &&
    ['image', 'text'].includes(subject!) &&
    ['own', 'class', 'mean', 'map', 'tokens'].includes(pool!) &&
    typeof normalized === 'boolean' &&
    ['f16', 'f32'].includes(dtype!) &&
    isArrayOf(shape, (side) => Number.isSafeInteger(side) && Number(side) > 0) &&
    [1, 2].includes(shape.length) &&
    isObject(maker) &&
    isObject(maker.config) &&
    isObject(maker.preprocess) &&
    ['string', 'undefined'].includes(typeof maker.weights) &&
    isArrayOf(maker.probe, Number.isFinite)
  if (isRight) return value as VectorRecord
  throw new FormatError(`${file} has a record of its model that is damaged.`)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
