import type { ViTConfig } from '../../models/config.ts'
import type { CheckpointFile } from '../checkpoint.ts'
import { type Beside, type Description, type Given, givesRecipe } from '../description.ts'
import { inferConfig } from '../infer.ts'
import { hasOwnMetadata } from '../metadata.ts'
import { type Recognised, recognise } from '../names/recognise.ts'
import { gridOf } from '../position-pieces.ts'
import type { Neighbours } from '../source/neighbours.ts'
import { checkClaims, contradiction, type Facts } from './facts.ts'
import { isObject, type JsonFile, readJson, refuse } from './json.ts'
import { namesOfHead } from './labels.ts'
import { isTimmConfig, readTimmConfig } from './timm-config.ts'
import { isTransformersConfig, readTransformersConfig } from './transformers-config.ts'
import { readPreprocessorConfig } from './transformers-preprocessor.ts'

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
  file: CheckpointFile,
  { neighbours, description = {} }: Beside,
  given: Given,
  options: DescribeOptions,
): Promise<Description> {
  if (!neighbours || hasOwnMetadata(file)) return description
  const headless = given.config?.classes === 0
  const recognised = recognise(file, { prefix: given.prefix, headless })
  const isTimm = recognised.publisher.name === 'timm'
  if (!isTimm && recognised.publisher.name !== 'huggingface') return description
  const [config, processor] = await Promise.all([
    readJson(neighbours, 'config.json', options.signal),
    isTimm || givesRecipe(given) ? undefined : readProcessor(neighbours, options.signal),
  ])
  const sources: Record<string, string> = {}
  let described: Description = description
  const facts = config && factsOf(config, isTimm, given, options)
  if (config && facts) {
    described = { ...described, ...matched(facts, config.name, file, recognised, given, options) }
    if (described.config) sources.config = config.name
    if (described.preprocess) sources.preprocess = config.name
    if (described.labels) sources.labels = config.name
  }
  if (processor) {
    const { preprocess, processed, notices = [] } = readPreprocessorConfig(processor)
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
  return { ...described, sources: { ...description.sources, ...sources } }
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

/** Undefined, and a notice, where the file is of somebody else's model. */
function factsOf(
  file: JsonFile,
  isTimm: boolean,
  given: Given,
  { notice }: DescribeOptions,
): Facts | undefined {
  if (isTimmConfig(file)) {
    if (isTimm) return readTimmConfig(file, given)
    notice(
      `${file.name} is one of timm, and the tensors are named by transformers: it is not used.`,
    )
    return undefined
  }
  if (isTransformersConfig(file)) {
    if (!isTimm) return readTransformersConfig(file, given)
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
  file: CheckpointFile,
  recognised: Recognised,
  given: Given,
  { notice }: DescribeOptions,
): Description {
  const {
    claims = {},
    names,
    pooler,
    sizeIsCertain,
    notices = [],
    storedSize,
    ...described
  } = facts
  // Heads and image size are what the tensors don't show.
  const found = inferConfig(file, recognised, { heads: 1, imageSize: [1, 1] })
  checkClaims(claims, found, name, file.name)
  if (pooler !== undefined && pooler !== 'tanh' && found.representation > 0) {
    refuse({ name, json: { pooler_act: pooler } }, 'pooler_act', 'config.representation: 0')
  }
  for (const text of notices) notice(text)
  const { config } = described
  const heads = config?.heads
  if (heads !== undefined && found.width % heads !== 0 && !given.config?.heads) {
    throw contradiction(
      name,
      file.name,
      `${heads} heads, which don't divide the width ${found.width}`,
    )
  }
  const labels = given.labels ? undefined : names && namesOfHead(names, found.classes)
  if (names && !labels && !given.labels && found.classes > 0) {
    notice(
      `${name} names ${names.size} classes and the head has ${found.classes}: its names are not used.`,
    )
  }
  const fits = !storedSize || fitsPositions(storedSize, found, file, recognised)
  if (!fits && sizeIsCertain) {
    throw contradiction(
      name,
      file.name,
      `an image of ${storedSize.join(' x ')} pixels, for which it has not the positions`,
    )
  }
  if (!fits) {
    notice(
      `${name} says an image of ${storedSize.join(' x ')} pixels, for which ${file.name} has not the positions: the size is not used.`,
    )
  }
  const { imageSize: _, ...otherwise } = config ?? {}
  return {
    ...described,
    config: fits ? { ...config } : otherwise,
    ...(storedSize && fits && { storedSize }),
    ...(labels && { labels }),
  }
}

/** Are there as many positions as an image of that size has patches, with or without those of tokens? */
function fitsPositions(
  imageSize: readonly [number, number],
  found: ViTConfig,
  file: CheckpointFile,
  { publisher, stored }: Recognised,
): boolean {
  const tensor = publisher.tensors.find(([name, slot]) => slot === 'position' && stored.has(name))
  const rows = tensor && file.tensors.get(stored.get(tensor[0])!)!.shape.at(-2)
  const [down, across] = gridOf({ ...found, imageSize })
  const prefix = Number(found.classToken) + Number(found.distilled)
  return rows === undefined || rows === down * across || rows === down * across + prefix
}
