import { checkClaims, contradiction, type Facts } from '../checkpoint/beside/facts.ts'
import { isObject, type JsonFile, readJson } from '../checkpoint/beside/json.ts'
import { namesOfHead } from '../checkpoint/beside/labels.ts'
import { isTimmConfig } from '../checkpoint/beside/timm.ts'
import { isTransformersConfig } from '../checkpoint/beside/transformers.ts'
import { readPreprocessorConfig } from '../checkpoint/beside/transformers-preprocessor.ts'
import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import {
  type Beside,
  type Description,
  type Given,
  givesRecipe,
} from '../checkpoint/description.ts'
import { type Found, foundIn } from '../checkpoint/plan/found.ts'
import { hasOwnMetadata } from '../checkpoint/plan/metadata.ts'
import type { Publisher } from '../checkpoint/plan/publisher.ts'
import { recognise } from '../checkpoint/plan/recognise.ts'
import { unstacked } from '../checkpoint/plan/stacked.ts'
import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import { UnsupportedError } from '../errors.ts'
import type { AnyConfig } from './architectures.ts'
import type { ConfigReaders, Family } from './family.ts'
import { familiesFor } from './registry.ts'

export interface DescribeOptions {
  readonly signal?: AbortSignal | undefined
  readonly notice: (message: string) => void
}

/**
 * What is known of an open checkpoint beside its tensors. The files beside it are read where it does
 * not describe itself and is named as Hugging Face's or timm's are: `config.json` and, for Hugging
 * Face, `preprocessor_config.json`.
 * @param given what the caller says himself
 * @throws CheckpointError naming each field of a file that contradicts the tensors; UnsupportedError naming
 *   a setting that is not done here; FormatError, LimitError, SourceError for files that can't be read
 */
export async function describeCheckpoint(
  stored: CheckpointFile,
  { neighbours, description = {} }: Beside,
  given: Given<AnyConfig>,
  options: DescribeOptions,
): Promise<Description<AnyConfig>> {
  const file = unstacked(stored)?.file ?? stored
  if (!neighbours || hasOwnMetadata(file)) return description as Description<AnyConfig>
  const headless = given.config?.classes === 0
  const recognised = recognise(file, await familiesFor(file), { prefix: given.prefix, headless })
  const { kind: family } = recognised
  const { describedBy } = recognised.publisher
  if (!describedBy) return description as Description<AnyConfig>
  const configName = describedBy === 'open_clip' ? 'open_clip_config.json' : 'config.json'
  const hasProcessor = describedBy === 'transformers' && !givesRecipe(given)
  const [config, processor] = await Promise.all([
    readJson(neighbours, configName, options.signal),
    hasProcessor ? readProcessor(neighbours, options.signal) : undefined,
  ])
  const sources: Record<string, string> = {}
  let described: Description = description
  const readers = await family.configReaders()
  const facts = config && factsOf(config, readers, describedBy, given, options)
  if (config && facts) {
    const found = foundIn(file, recognised)
    described = { ...described, ...matched(facts, config.name, family, found, given, options) }
    if (described.config) sources.config = config.name
    if (described.preprocess) sources.preprocess = config.name
    if (described.labels) sources.labels = config.name
  }
  if (processor) {
    const { preprocess, processed, claims, notices = [] } = readPreprocessorConfig(processor)
    if (claims && !family.anySize) {
      throw new UnsupportedError(
        `${processor.name} says image_processor_type ${processor.json.image_processor_type}, which keeps the aspect ratio of images, and ${file.name} has a model of the family ${family.name}, whose images have one size.`,
      )
    }
    if (claims) {
      const found = family.infer(foundIn(file, recognised), family.unshown, [])
      checkClaims(claims, found, processor.name, file.name)
    }
    for (const text of notices) options.notice(text)
    const size = described.config?.imageSize
    if (!given.config?.imageSize && processed && size && String(processed) !== String(size)) {
      options.notice(
        `${processor.name} makes images of ${processed.join(' x ')} pixels, and the model takes ${size.join(' x ')}: they are made that large.`,
      )
    }
    described = { ...described, ...(preprocess && { preprocess }) }
    sources.preprocess = processor.name
  }
  const all = { ...description.sources, ...sources }
  return { ...described, sources: all } as Description<AnyConfig>
}

/** Since version 5 an image processor may lie within a processor of images and text. */
async function readProcessor(
  neighbours: Neighbours,
  signal: AbortSignal | undefined,
): Promise<JsonFile | undefined> {
  const file = await readJson(neighbours, 'preprocessor_config.json', signal)
  if (file) return file
  const outer = await readJson(neighbours, 'processor_config.json', signal)
  const inner = outer?.json.image_processor
  return outer && isObject(inner) ? { name: outer.name, json: inner } : undefined
}

/** Undefined, with a notice, if the file describes the model of another library. */
function factsOf(
  file: JsonFile,
  readers: ConfigReaders,
  describedBy: NonNullable<Publisher['describedBy']>,
  given: Given,
  { notice }: DescribeOptions,
): Facts | undefined {
  if (describedBy === 'open_clip') return readers.open_clip?.(file, given)
  const isTimm = describedBy === 'timm'
  if (isTimmConfig(file)) {
    if (isTimm) return readers.timm?.(file, given)
    notice(
      `${file.name} is one of timm, and the tensors are named by transformers: it is not used.`,
    )
    return undefined
  }
  if (isTransformersConfig(file)) {
    if (!isTimm) return readers.transformers?.(file, given)
    notice(
      `${file.name} is one of transformers, and the tensors are named by timm: it is not used.`,
    )
    return undefined
  }
  notice(`${file.name} says nothing of a Vision Transformer: it is not used.`)
  return undefined
}

/** What of the facts is left when they were compared with the tensors. */
function matched(
  facts: Facts,
  name: string,
  family: Family,
  model: Found,
  given: Given,
  { notice }: DescribeOptions,
): Description {
  const { claims = {}, names, sizeIsCertain, notices = [], storedSize, check, ...rest } = facts
  const { processed: _, ...described } = rest
  const weights = model.file.name
  const found = family.infer(model, family.unshown, [])
  checkClaims(claims, found, name, weights)
  check?.(found, weights)
  for (const text of notices) notice(text)
  const labels = given.labels ? undefined : names && namesOfHead(names, found.classes)
  if (names && !labels && !given.labels && found.classes > 0) {
    notice(
      `${name} names ${names.size} classes and the head has ${found.classes}: its names are not used.`,
    )
  }
  const fits = !storedSize || family.fitsSize(storedSize, found, model)
  if (!fits && sizeIsCertain) {
    throw contradiction(
      name,
      weights,
      `an image of ${storedSize.join(' x ')} pixels, for which it has not the positions`,
    )
  }
  if (!fits) {
    notice(
      `${name} says an image of ${storedSize.join(' x ')} pixels, for which ${weights} has not the positions: the size is not used.`,
    )
  }
  const { imageSize, ...otherwise } = described.config ?? {}
  return {
    ...described,
    config: fits && imageSize ? { ...otherwise, imageSize } : otherwise,
    ...(storedSize && fits && { storedSize }),
    ...(labels && { labels }),
  }
}
