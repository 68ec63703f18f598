import type { Model, WeightSink } from '../backends/backend.ts'
import type { CheckpointFile, CheckpointInput } from '../checkpoint/checkpoint.ts'
import type { Beside } from '../checkpoint/description.ts'
import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import { ArgumentError, CheckpointError, NumericError, UnsupportedError } from '../errors.ts'
import type { AnyConfig } from '../families/architectures.ts'
import type { CheckpointPlan } from '../families/plan.ts'
import { type LoadOptions, loadModel, type Making } from '../load.ts'
import { ImageModel } from '../model/image-model.ts'
import { TokenEmbedding } from './embedding/token-embedding.ts'
import { findTextTokenizer } from './find-text-tokenizer.ts'
import { ImageTextModel } from './image-text-model.ts'
import {
  embeddingSizes,
  hasSimilarityBias,
  type ImageTextConfig,
  isImageText,
  textProgram,
} from './text-family.ts'
import type { VocabularyInput } from './text-files.ts'
import type { Tokenizer } from './tokenizer.ts'
import { findTokenizer } from './vocabulary.ts'

/** Options of `loadImageText`. */
export interface ImageTextOptions extends LoadOptions {
  /**
   * The vocabulary of the text tower: a `vocab.txt` of BERT, a `.model` of sentencepiece, CLIP's `merges.txt`, or a
   * `tokenizer.json`. By default the file beside the checkpoint: a LiT's has its name (`LiT-B16B.txt` beside
   * `LiT-B16B.npz`), others' have those names.
   */
  vocabulary?: VocabularyInput | undefined
}

/** The logarithm of what cosines are multiplied by. */
const temperature = 'temperature'

/** What is added to the product, of SigLIP. */
const similarityBias = 'similarity_bias'

/**
 * Loads a model of images and texts: LiT, CLIP, SigLIP.
 * @param source as for `load`
 * @param given options of `load`, and `vocabulary`
 * @returns a model that is ready to run; `dispose()` frees it
 * @throws what `load` throws; UnsupportedError for a model of images only; SourceError where the vocabulary is missing,
 *   FormatError where it is another file, CheckpointError where it is that of another model
 */
export async function loadImageText(
  source: CheckpointInput,
  given: ImageTextOptions = {},
): Promise<ImageTextModel> {
  if (source === undefined) {
    throw new ArgumentError('loadImageText needs a checkpoint, such as LiT-B16B.npz.')
  }
  const { vocabulary: _, ...options } = given
  return loadModel(source, options, async (file, plan, beside) => {
    const { config } = plan
    if (!isImageText(config)) {
      throw new UnsupportedError(
        `${file.name} is a model of images only, of the family ${config.family}; load() loads it.`,
      )
    }
    const { name } = file
    if (config.textDepth === 0) {
      throw new UnsupportedError(
        `${name} has the image tower of a ${config.family} and no text tower; load() loads it.`,
      )
    }
    return makingOf(file, { ...plan, config }, beside, given)
  })
}

/**
 * Loads a model of images and texts as `loadImageText` does, and every other model as `load` does.
 * @throws what these throw
 */
export async function loadAny(
  source: CheckpointInput | undefined,
  given: ImageTextOptions = {},
): Promise<ImageModel<AnyConfig>> {
  const { vocabulary: _, ...options } = given
  return loadModel<ImageModel<AnyConfig>>(source, options, async (file, plan, beside) => {
    const { config } = plan
    return isImageText(config) && config.textDepth > 0
      ? ((await makingOf(file, { ...plan, config }, beside, given)) as Making<
          ImageModel<AnyConfig>
        >)
      : { make: (parts) => new ImageModel(parts) }
  })
}

/** What a model of images and texts needs beside the image tower. */
async function makingOf(
  file: CheckpointFile,
  plan: CheckpointPlan & { readonly config: ImageTextConfig },
  { neighbours }: Beside,
  { vocabulary, ...options }: ImageTextOptions,
): Promise<Making<ImageTextModel>> {
  const { config } = plan
  const { name } = file
  const tokenizer = await tokenizerOf(config, vocabulary, name, neighbours, options.signal)
  checkVocabulary(tokenizer, config, name, options)
  const embedding = new TokenEmbedding(file, plan, embeddingSizes(config))
  let logarithm = Number.NaN
  let bias = 0
  const sink = (model: Model): WeightSink => ({
    ...(model.writeInt8 && { writeInt8: model.writeInt8.bind(model) }),
    ...(model.drain && { drain: model.drain.bind(model) }),
    write(weight, region, start, values) {
      if (weight === temperature) logarithm = values[0]!
      else if (weight === similarityBias) bias = values[0]!
      else if (!embedding.take(weight, region, start, values)) {
        model.write(weight, region, start, values)
      }
    },
  })
  return {
    weights: textProgram(config, config.maxLength).weights,
    aside: [
      ...embedding.weights,
      temperature,
      ...(hasSimilarityBias(config) ? [similarityBias] : []),
    ],
    sink,
    make: (parts) =>
      new ImageTextModel(
        { ...parts, config },
        {
          tokenizer,
          embedding,
          temperature: () => temperatureOf(logarithm, name),
          similarityBias: () => bias,
        },
      ),
  }
}

/** The tokenizer of a text tower, from the files that its family has. */
function tokenizerOf(
  config: ImageTextConfig,
  ...of: [VocabularyInput | undefined, string, Neighbours | undefined, AbortSignal | undefined]
): Promise<Tokenizer> {
  if (config.family === 'lit') return findTokenizer(config, ...of)
  const { family, cleaning } = config
  return cleaning === 'transformers'
    ? findTextTokenizer({ family, library: 'transformers' }, ...of)
    : findTextTokenizer({ family, library: 'open_clip', clean: cleaning }, ...of)
}

function temperatureOf(logarithm: number, file: string): number {
  const found = Math.exp(logarithm)
  if (Number.isFinite(found)) return found
  throw new NumericError(
    `The temperature of ${file} is too large: its logarithm t is ${logarithm}.`,
    ['t'],
  )
}

/** A larger vocabulary has tokens that the text tower has no embeddings of; a smaller one is at least suspicious. */
function checkVocabulary(
  { size }: Tokenizer,
  { vocabulary }: ImageTextConfig,
  file: string,
  { onNotice }: LoadOptions,
): void {
  const count = (number: number) => number.toLocaleString('en-US')
  if (size > vocabulary) {
    throw new CheckpointError(
      `The vocabulary has ${count(size)} pieces, and ${file} has embeddings for ${count(vocabulary)}: it is that of another model.`,
    )
  }
  if (size === vocabulary) return
  const notice = onNotice ?? ((message: string) => console.warn(`vitrine: ${message}`))
  notice(
    `The vocabulary has ${count(size)} pieces, and ${file} has embeddings for ${count(vocabulary)}. Is it the vocabulary of this model?`,
  )
}
