import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { sharedF32 } from '../shared.ts'
import { assertWithin, openModel } from './model.ts'

const root = 'golden/vit-tiny-16'
const classes = 1000

/** Normalised pixels of the photographs, f32 `[count, 224, 224, 3]`. */
export const photographs = `${root}/pixels_google_squash224.f32le.NHWC.bin`

/** The most that logits may be off by where GPUs compute. */
export const gpuBounds = { f32: 1e-3, f16: 2e-2 } as const

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
  const pixels = sharedF32(photographs).subarray(0, images * 224 * 224 * 3)
  const model = await openModel(checkpoints[gelu], backend)
  const { logits } = await model.run(pixels, ['logits'])
  assertGolden(logits!, gelu, bound)
}

/** The same of logits `[count, 1000]` of the first photographs, wherever they were computed. */
export function assertGolden(logits: Float32Array, gelu: 'tanh' | 'erf', bound: number): void {
  const all = sharedF32(`${root}/logits_google_squash224_${gelu}.f32le.bin`)
  const expected = all.subarray(0, logits.length)
  assert.ok(logits.length > 0 && logits.length % classes === 0)
  assertWithin(logits, expected, bound, 'logits')
  for (let at = 0; at < logits.length; at += classes) {
    const of = (all: Float32Array) => topFive(all.subarray(at, at + classes))
    assert.equal(of(logits), of(expected), `image ${at / classes}`)
  }
}

export function topFive(logits: Float32Array): number[] {
  return Array.from(logits.keys())
    .sort((a, b) => logits[b]! - logits[a]!)
    .slice(0, 5)
}
