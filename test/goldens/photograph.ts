import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { sharedF32 } from '../shared.ts'
import { assertWithin, openModel } from './model.ts'

const root = 'golden/vit-tiny-16'
const classes = 1000

export const checkpoints = {
  tanh: 'data/weights/Ti_16-imagenet2012-224.google-layout.npz',
  erf: 'data/weights/vit_tiny_patch16_224.timm.safetensors',
} as const

/**
 * Real weights and real photographs: logits within a bound of float64's, and the same five classes.
 * One photograph unless said otherwise, for backends that take seconds for it.
 */
export async function compareWithGolden(
  backend: Backend,
  gelu: 'tanh' | 'erf',
  bound: number,
  images = 1,
): Promise<void> {
  const pixels = sharedF32(`${root}/pixels_google_squash224.f32le.NHWC.bin`)
  const model = await openModel(checkpoints[gelu], backend)
  const { logits } = await model.run(pixels.subarray(0, images * 224 * 224 * 3), ['logits'])
  const expected = sharedF32(`${root}/logits_google_squash224_${gelu}.f32le.bin`)
  assertWithin(logits!, expected.subarray(0, images * classes), bound, 'logits')
  for (let i = 0; i < images; i++) {
    const at = [i * classes, (i + 1) * classes] as const
    assert.equal(topFive(logits!.subarray(...at)), topFive(expected.subarray(...at)), `image ${i}`)
  }
}

export function topFive(logits: Float32Array): number[] {
  return Array.from(logits.keys())
    .sort((a, b) => logits[b]! - logits[a]!)
    .slice(0, 5)
}
