import { readFileSync } from 'node:fs'
import type { Backend } from '../../src/backends/backend.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { openModel } from './model.ts'

export interface Case {
  readonly name: string
  readonly file: string
  readonly config: Partial<ViTConfig>
  readonly resample?: 'timm-npz'
  readonly expected: Partial<ViTConfig>
  readonly outputs: Readonly<Record<'logits' | 'features' | 'norm', readonly number[]>>
}

const publishers = ['official', 'official-networks', 'timm', 'torchvision', 'huggingface'] as const
const root = new URL('./small/', import.meta.url)

/** All cases of small/. */
export const cases = publishers.flatMap((publisher) => {
  const folder = new URL(`${publisher}/`, root)
  const list = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8')) as Case[]
  return list.map((one) => ({ ...one, publisher, url: new URL(one.file, folder) }))
})

/** The pixels of every case. */
export function pixelsOf([height, width]: readonly [number, number]): Float32Array {
  const pixels = new Float32Array(height * width * 3)
  return pixels.map((_, i) => (((i * i * 31 + i * 17) % 512) - 256) / 256)
}

/** The outputs of a case; a folder gives the file in it, and what its config.json says is given. */
export async function outputsOf(
  { url, config, expected, resample, outputs }: Case & { url: URL },
  backend: Backend,
) {
  const isFile = /\.\w+$/.test(url.pathname)
  const file = isFile ? url : new URL(`${url}/model.safetensors`)
  const said = isFile ? config : { ...expected, ...config }
  const model = await openModel(file, backend, said, resample ? { resample } : {})
  return model.run(pixelsOf(model.config.imageSize), Object.keys(outputs))
}
