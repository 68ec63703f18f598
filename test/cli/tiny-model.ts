import { writeFileSync } from 'node:fs'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { collectBytes, writeSafetensors } from '../../src/checkpoint/write/safetensors.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { variantConfigOf } from '../../src/families/published.ts'
import { familyOf } from '../../src/families/registry.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { gaussian } from '../random.ts'

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

/** The tensors of such a model under timm's names. */
function tensorsOf({ width, mlpWidth, classes }: ViTConfig): [name: string, shape: number[]][] {
  const norm = (name: string): [string, number[]][] => [
    [`${name}.weight`, [width]],
    [`${name}.bias`, [width]],
  ]
  const linear = (name: string, from: number, to: number): [string, number[]][] => [
    [`${name}.weight`, [to, from]],
    [`${name}.bias`, [to]],
  ]
  const block = (name: string) => [
    ...norm(`${name}.norm1`),
    ...linear(`${name}.attn.qkv`, width, 3 * width),
    ...linear(`${name}.attn.proj`, width, width),
    ...norm(`${name}.norm2`),
    ...linear(`${name}.mlp.fc1`, width, mlpWidth),
    ...linear(`${name}.mlp.fc2`, mlpWidth, width),
  ]
  return [
    ['cls_token', [1, 1, width]],
    ['pos_embed', [1, 17, width]],
    ['patch_embed.proj.weight', [width, 3, 8, 8]],
    ['patch_embed.proj.bias', [width]],
    ...block('blocks.0'),
    ...block('blocks.1'),
    ...norm('norm'),
    ...linear('head', width, classes),
  ]
}

/** Writes the tiny ViT with random weights and its config in the metadata. */
export async function writeTiny(path: string, mlpWidth = tiny.mlpWidth): Promise<void> {
  const config = { ...tiny, mlpWidth }
  const tensors = tensorsOf(config).map(([name, shape], seed) => {
    const count = shape.reduce((product, side) => product * side, 1)
    const values = gaussian(seed, count, 0.2)
    const data = () => new Uint8Array(values.buffer)
    return { name, dtype: 'f32' as const, shape, data }
  })
  const chunks: Uint8Array[] = []
  const metadata = ownMetadata({ config, recipe: 'official' })
  for await (const chunk of writeSafetensors(tensors, metadata)) chunks.push(chunk)
  writeFileSync(path, Buffer.concat(chunks))
}

/** Writes a model of any family with random weights, as a file of ours. */
export async function writeRandom(path: string, config: AnyConfig): Promise<void> {
  const { targets } = await (await familyOf(config)).tools()
  const tensors = targets(config, 'own').map(({ name, shape }, seed) => {
    const count = shape.reduce((product, side) => product * side, 1)
    const values = gaussian(seed, count, 0.2)
    return { name, shape, dtype: 'f32' as const, data: () => new Uint8Array(values.buffer) }
  })
  const metadata = ownMetadata({ config, recipe: 'official' })
  writeFileSync(path, await collectBytes(writeSafetensors(tensors, metadata)))
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
