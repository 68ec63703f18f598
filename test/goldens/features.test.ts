import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../src/index.ts'
import { sharedJSON, sharedPath, sharedTest } from '../shared.ts'

// timm's float64 values of the real Ti/16 for a photograph, after every block; they have six digits.
const BOUND = 2e-4

interface Taps {
  readonly 'cls[:8]': readonly number[]
  readonly 'tok1[:4]': readonly number[]
  readonly 'tok196[:4]': readonly number[]
  readonly mean: number
  readonly absmax: number
}

const assertNear = (found: ArrayLike<number>, expected: readonly number[], what: string) =>
  expected.forEach((value, i) => {
    assert.ok(
      Math.abs(found[i]! - value) <= BOUND * Math.max(1, Math.abs(value)),
      `${what}: ${found[i]}, not ${value}`,
    )
  })

sharedTest('features of the real Ti/16 after every block', async () => {
  const golden = sharedJSON<Readonly<Record<string, Readonly<Record<string, Taps>>>>>(
    'golden/vit-tiny-16/golden.json',
  ).taps_skimage_chelsea_timm_crop248_erf!
  const weights = sharedPath('data/weights/vit_tiny_patch16_224.timm.safetensors')
  using vit = await load(weights, { preprocess: 'timm' })
  const layers = await vit.features('examples/chelsea.png', { layers: 12, norm: false })
  assert.is(layers.length, 12)
  for (const { layer, patches, prefix, shape, grid } of layers) {
    assert.equal([shape, grid, prefix.length], [[196, 192], [14, 14], 192])
    const taps = golden[`block${layer}`]!
    assertNear(prefix, taps['cls[:8]'], `block ${layer}, class token`)
    assertNear(patches, taps['tok1[:4]'], `block ${layer}, first patch`)
    assertNear(patches.subarray(195 * 192), taps['tok196[:4]'], `block ${layer}, last patch`)
    const all = [...prefix, ...patches]
    assertNear([all.reduce((sum, x) => sum + x, 0) / all.length], [taps.mean], `block ${layer}`)
    const most = all.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    assertNear([most], [taps.absmax], `block ${layer}, the largest`)
  }
  const [last] = await vit.features('examples/chelsea.png')
  assertNear(last!.prefix, golden.norm!['cls[:8]'], 'class token after the norm')
  assertNear(last!.patches, golden.norm!['tok1[:4]'], 'first patch after the norm')
})

test.run()
