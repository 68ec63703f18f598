import { writeFileSync } from 'node:fs'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { variantConfigOf } from '../../src/families/published.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { asSafetensors, randomTensors } from '../checkpoint/models.ts'

/** A ViT small enough for every test to run. */
export const tiny: ViTConfig = variantConfig('ViT-Ti_16', {
  imageSize: [32, 32],
  patchSize: [8, 8],
  width: 32,
  depth: 2,
  heads: 2,
  mlpWidth: 64,
  classes: 10,
})

/** Writes the tiny ViT with random weights. */
export const writeTiny = (path: string, mlpWidth = tiny.mlpWidth): Promise<void> =>
  writeRandom(path, { ...tiny, mlpWidth })

/** Writes a model of any family with random weights, as a file of ours. */
export async function writeRandom(path: string, config: AnyConfig): Promise<void> {
  const metadata = ownMetadata({ config, recipe: 'official' })
  writeFileSync(path, await asSafetensors(await randomTensors(config, 'own'), metadata))
}

/** A small hybrid: a ResNet of two stages, 8 pixels for a token. */
export const tinyHybrid = variantConfigOf('R50+ViT-B_16', {
  imageSize: [64, 64],
  units: [1, 1],
  stemWidth: 32,
  width: 16,
  depth: 2,
  heads: 2,
  mlpWidth: 24,
  classes: 10,
})

/** A small Mixer of 4 x 4 tokens. */
export const tinyMixer = variantConfigOf('Mixer-B_16', {
  imageSize: [32, 32],
  patchSize: [8, 8],
  width: 16,
  depth: 2,
  tokenMlpWidth: 12,
  mlpWidth: 24,
  classes: 10,
})

/** A small LiT with a BERT, and the word pieces of its vocabulary. */
export const tinyLiT = variantConfigOf('LiT-B16B', {
  imageSize: [32, 32],
  patchSize: [8, 8],
  width: 16,
  depth: 1,
  heads: 2,
  mlpWidth: 24,
  embedding: 12,
  textWidth: 8,
  textDepth: 2,
  textHeads: 2,
  textMlpWidth: 20,
  textPositions: 16,
  vocabulary: 10,
})

export const tinyVocabulary = '[PAD] [UNK] [CLS] [SEP] a cat dog photo of ##s'.replaceAll(' ', '\n')
