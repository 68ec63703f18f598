import type { Facts } from '../../../checkpoint/beside/facts.ts'
import {
  excerpt,
  field,
  isObject,
  isText,
  type JsonFile,
  NeighbourError,
  wholeField,
} from '../../../checkpoint/beside/json.ts'
import type { Given } from '../../../checkpoint/description.ts'
import { UnsupportedError } from '../../../errors.ts'
import { type Defaults, transformersFacts } from '../../vision/beside/transformers.ts'
import type { DualConfig } from '../config.ts'

interface Tower {
  readonly type: string
  readonly defaults: Defaults
}

/** The model types of a family. */
export interface Models {
  readonly whole: string
  readonly image: Tower
  readonly text: Tower
}

/**
 * What transformers' `config.json` says of a model of images and texts, or of its image tower alone.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes no sense
 */
export function dualFacts(
  file: JsonFile,
  given: Given<DualConfig>,
  { whole, image, text }: Models,
): Facts<DualConfig> {
  const type = field(file, 'model_type', isText, 'a name')
  if (type === image.type) return imageFacts(file, given, image)
  if (type !== undefined && type !== whole) {
    throw new UnsupportedError(
      `${file.name} is of the model_type ${excerpt(type)}, and the tensors are of ${whole}.`,
    )
  }
  const images = imageFacts(inner(file, 'vision_config'), given, image)
  const ofTexts = inner(file, 'text_config')
  const { textActivation } = given.config ?? {}
  const said = textActivation ? { config: { activation: textActivation } } : {}
  const texts = transformersFacts(ofTexts, said, { [text.type]: text.defaults })
  const { activation, eps, heads } = texts.config
  return {
    ...images,
    config: {
      ...images.config,
      ...(activation && { textActivation: activation }),
      ...(eps !== undefined && { textEps: eps }),
      ...(heads && { textHeads: heads }),
    },
    claims: {
      ...images.claims,
      textWidth: texts.claims.width,
      textDepth: texts.claims.depth,
      textMlpWidth: texts.claims.mlpWidth,
      embedding: wholeField(file, 'projection_dim'),
      vocabulary: wholeField(ofTexts, 'vocab_size'),
      maxLength: wholeField(ofTexts, 'max_position_embeddings'),
    },
  }
}

function imageFacts(
  file: JsonFile,
  given: Given<DualConfig>,
  { type, defaults }: Tower,
): Facts<DualConfig> {
  const facts = transformersFacts(file, given, { [type]: defaults })
  // Classes are texts, so there are no names of classes.
  const { names: _, config, ...rest } = facts
  const { classes: __, ...own } = config
  return { ...rest, config: { ...own, mapHeads: config.heads! } }
}

/** @throws FormatError where a tower has no config */
function inner(file: JsonFile, key: string): JsonFile {
  const json = field(file, key, isObject, 'an object')
  // Older files have what differs from the defaults only.
  if (json) return { name: `${file.name} (${key})`, json }
  throw new NeighbourError(file.name, `must have a ${key}.`)
}
