import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../src/index.ts'
import { quantizeRows } from '../../src/quantization/int8.ts'
import { simpleF32, simpleSafetensors } from '../checkpoint/simple.ts'
import { sharedBytes, sharedF32, sharedJSON, sharedTest } from '../shared.ts'

const example = (file: string) => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url))
const size = 224 * 224 * 3

test('classifies the photographs of the repository', async () => {
  using vit = await load()
  assert.is(vit.config.width, 192)
  for (const [file, label] of [
    ['chelsea.png', 'Egyptian cat'],
    ['coffee.png', 'espresso'],
    ['grace_hopper.jpg', 'military uniform'],
  ] as const) {
    const top = await vit.classify(example(file))
    assert.is(top.length, 5)
    assert.is(top[0]!.label, label, file)
  }
})

test('its integers come back where its weights are quantised when it is loaded', () => {
  const path = new URL('../../assets/vit-ti16-imagenet2012-224.safetensors', import.meta.url)
  const tensors = simpleSafetensors(readFileSync(path))
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtype !== 'I8') continue
    const [rows, columns] = shape as [number, number]
    const integers = new Int8Array(data.buffer, data.byteOffset, data.byteLength)
    const scales = simpleF32(tensors.get(`${name}.scale`)!)
    const weights = Float32Array.from(integers, (q, i) => q * scales[Math.floor(i / columns)]!)
    assert.equal(quantizeRows(weights, rows, columns).values, integers, name)
  }
})

sharedTest('has the top class of the float64 weights on every golden image', async () => {
  const root = 'golden/vit-tiny-16'
  using vit = await load()
  const pixels = sharedF32(`${root}/pixels_google_squash224.f32le.NHWC.bin`)
  const expected = sharedF32(`${root}/logits_google_squash224_tanh.f32le.bin`)
  const logits = await vit.logits(pixels)
  for (let i = 0; i < pixels.length / size; i++) {
    const range = [i * 1000, (i + 1) * 1000] as const
    assert.is(topClass(logits.subarray(...range)), topClass(expected.subarray(...range)))
  }
})

sharedTest('agrees with the f32 weights on ImageNet photographs', async () => {
  const root = 'golden/imagenet-256'
  // All 256 of them take half a minute; the figure for all is in assets/README.md.
  const images = process.env.VITRINE_TEST_ALL ? 256 : 64
  using vit = await load(undefined, { config: { gelu: 'erf' } })
  const bytes = sharedBytes(`${root}/crops.u8.bin`).subarray(0, images * size)
  const expected = sharedF32(`${root}/logits_erf.f32le.bin`)
  const { class_index } = sharedJSON<{ class_index: number[] }>(`${root}/golden.json`)
  let [agree, right, rightBefore] = [0, 0, 0]
  for (let i = 0; i < images; i++) {
    const crop = bytes.subarray(i * size, (i + 1) * size)
    const top = topClass(await vit.logits(Float32Array.from(crop, (x) => (x / 255 - 0.5) / 0.5)))
    const before = topClass(expected.subarray(i * 1000, (i + 1) * 1000))
    if (top === before) agree++
    if (top === class_index[i]) right++
    if (before === class_index[i]) rightBefore++
  }
  assert.ok(agree >= 0.97 * images, `${agree} of ${images} agree`)
  assert.ok(right >= rightBefore - 0.02 * images, `${right} right, ${rightBefore} before`)
})

function topClass(logits: Float32Array): number {
  return logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))
}

test.run()
