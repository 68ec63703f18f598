import {
  field,
  isObject,
  type JsonFile,
  NeighbourError,
  wholeField,
} from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import { dualFacts } from '../dual/beside/transformers.ts'
import type { DualConfig } from '../dual/config.ts'
import type { ConfigReaders } from '../family.ts'
import { squareSide } from '../vit/grid.ts'

const defaults = { eps: 1e-6, heads: 12, activation: 'gelu_tanh' } as const

/** What transformers' `config.json` says of a SigLIP 2 NaFlex, or of its image tower alone. */
function readTransformersConfig(file: JsonFile, given: Given<DualConfig>) {
  const facts = dualFacts(file, given, {
    whole: 'siglip2',
    image: { type: 'siglip2_vision_model', defaults },
    text: { type: 'siglip2_text_model', defaults },
  })
  const storedSize = sizeOfPositions(file)
  const config = { imageSize: storedSize, ...facts.config }
  return { ...facts, config, storedSize, sizeIsCertain: true }
}

/** The square image that has as many patches as there are positions. */
function sizeOfPositions(file: JsonFile): [height: number, width: number] {
  const json = field(file, 'vision_config', isObject, 'an object') ?? file.json
  const images = { name: file.name, json }
  const count = wholeField(images, 'num_patches') ?? 256
  const side = squareSide(count)
  if (side === undefined) {
    throw new NeighbourError(file.name, `must have a square as num_patches, not ${count}.`)
  }
  const pixels = side * (wholeField(images, 'patch_size') ?? 16)
  return [pixels, pixels]
}

export const naflexReaders: ConfigReaders<DualConfig> = { transformers: readTransformersConfig }
