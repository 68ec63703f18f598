import { writeFileSync } from 'node:fs'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { writeSafetensors } from '../../src/checkpoint/write/safetensors.ts'
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
