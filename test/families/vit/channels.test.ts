import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { ArgumentError, CheckpointError, UnsupportedError } from '../../../src/errors.ts'
import { encodeCheckpoint } from '../../../src/families/encode.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { torchvision } from '../../../src/families/vit/names/torchvision.ts'
import { encodePNG } from '../../../src/image/encode.ts'
import { load } from '../../../src/load.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asNpz, asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { sharedPath, sharedTest } from '../../shared.ts'
import { planViT } from './plan-vit.ts'

const grey: ViTConfig = { ...smallConfig, channels: 1 }
const tensors = tensorsOf(timm, grey)
const [height, width] = smallConfig.imageSize
const picture = {
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 256),
}
const rgbOf = (data: Uint8Array) =>
  Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]!)

/** Pixels as they are, from 0 to 1. */
const asIs = { fit: 'none', cropFraction: 1, mean: [0], std: [1] } as const
const common = { config: { heads: smallConfig.heads }, onNotice: () => {} } as const

test('a model of one channel takes grey, RGB and encoded pictures, and answers the same', async () => {
  using vit = await load(await asSafetensors(tensors), { ...common, preprocess: asIs })
  assert.is(vit.config.channels, 1)
  const pixels = await vit.pixels(picture)
  assert.equal(
    pixels,
    Float32Array.from(picture.data, (value) => value / 255),
  )
  const rgb = { width, height, data: rgbOf(picture.data) }
  const answer = await vit.classify(picture)
  assert.equal(await vit.classify(rgb), answer)
  assert.equal(await vit.classify(await encodePNG(picture)), answer)
  assert.is((await vit.logits(pixels)).length, smallConfig.classes)
  assert.is((await vit.attention(picture)).layers.length > 0, true)
  await rejects(vit.logits(new Float32Array(3 * pixels.length + 1)), ArgumentError, /12, 12, 1\]/)
})

test('colours become grey with the weights and the rounding of Pillow', async () => {
  using vit = await load(await asSafetensors(tensors), { ...common, preprocess: asIs })
  // From Image.new('RGB', (1, 1), colour).convert('L').getpixel((0, 0)), Pillow 13.
  const colours = [
    [[255, 0, 0], 76],
    [[0, 255, 0], 150],
    [[0, 0, 255], 29],
    [[255, 255, 255], 255],
    [[10, 200, 77], 129],
    [[1, 1, 2], 1],
  ] as const
  for (const [colour, luma] of colours) {
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!)
    const [first] = await vit.pixels({ width, height, data })
    assert.is(first, Math.fround(luma / 255), String(colour))
  }
})

test('the answer is that of a model of three channels which looks at one of them', async () => {
  const backends = ['reference', 'wasm'] as const
  for (const backend of backends) {
    using one = await load(await asSafetensors(tensors), { ...common, backend, preprocess: asIs })
    const wide = tensors.map((tensor) => {
      if (tensor.name !== 'patch_embed.proj.weight') return tensor
      const [outputs, , rows, columns] = tensor.shape as [number, number, number, number]
      const size = rows * columns
      const values = new Float32Array(3 * tensor.values.length)
      for (let out = 0; out < outputs; out++) {
        values.set(tensor.values.subarray(out * size, (out + 1) * size), (3 * out + 1) * size)
      }
      return { ...tensor, shape: [outputs, 3, rows, columns], values }
    })
    using three = await load(await asSafetensors(wide), { ...common, backend, preprocess: asIs })
    const [a, b] = [await one.pixels(picture), await three.pixels(picture)]
    const [found, expected] = [await one.logits(a), await three.logits(b)]
    found.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${backend}: ${value}, not ${expected[i]}`)
    })
  }
})

test('every publisher: one channel is read off the kernel of the patches', async () => {
  for (const publisher of [official, timm, torchvision, huggingface]) {
    const made = tensorsOf(publisher, grey)
    const bytes = publisher === official ? await asNpz(made) : await asSafetensors(made)
    const plan = await planViT(await openCheckpoint(bytes), common.config)
    assert.is(plan.config.channels, 1, publisher.name)
    assert.is(plan.pieces.get('patch.kernel')![0]!.region.rows, 16)
    assert.ok(plan.assumed.some((text) => /mean and std of 0.5/.test(text)))
  }
})

test('a file of ours keeps the channel and the recipe; one from before says three', async () => {
  const file = await openCheckpoint(await asSafetensors(tensors))
  const plan = await planViT(file, common.config)
  const written = await collectBytes(encodeCheckpoint(file, plan, { dtype: 'f32' }))
  using source = await load(await asSafetensors(tensors), common)
  using copy = await load(written)
  assert.equal(copy.config, source.config)
  assert.equal(copy.preprocess, source.preprocess)
  assert.equal(await copy.classify(picture), await source.classify(picture))

  const { channels: _, ...former } = smallConfig
  const config = former as ViTConfig
  const metadata = ownMetadata({ config, recipe: 'timm', resample: 'timm' })
  using old = await load(await asSafetensors(tensorsOf(timm, smallConfig), metadata))
  assert.is(old.config.channels, 3)
  assert.is((await old.pixels(picture)).length, 3 * width * height)
})

test('what does not go with one channel is refused by name', async () => {
  const bytes = await asSafetensors(tensors)
  const loading = (options: object) => load(bytes, { ...common, ...options })
  await rejects(loading({ preprocess: 'deit' }), ArgumentError, /grey pictures.*mean.*--mean 0\.5/)
  await rejects(loading({ config: { heads: 2, channels: 3 } }), CheckpointError, /\[8, 3, 4, 4\]/)
  const two = tensors.map((tensor) =>
    tensor.name === 'patch_embed.proj.weight'
      ? { ...tensor, shape: [8, 2, 4, 4], values: new Float32Array(256) }
      : tensor,
  )
  await rejects(load(await asSafetensors(two), common), UnsupportedError, /2 channels/)
})

/** A white line of two pixels on black, as MNIST's digits are. */
function drawDigit(lines: readonly (readonly (readonly [x: number, y: number])[])[]) {
  const data = Uint8Array.from({ length: 28 * 28 }, (_, i) => {
    const [x, y] = [i % 28, Math.floor(i / 28)]
    const distances = lines.flatMap((points) =>
      points.slice(1).map(([bx, by], k) => {
        const [ax, ay] = points[k]!
        const [dx, dy] = [bx - ax, by - ay]
        const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)
        const t = Math.max(0, Math.min(1, along))
        return Math.hypot(x - ax - t * dx, y - ay - t * dy)
      }),
    )
    return Math.max(0, Math.min(255, Math.round(255 * (2 - Math.min(...distances)))))
  })
  return { width: 28, height: 28, data }
}

const arc = (x: number, y: number, rx: number, ry: number, from = 0, to = 1) =>
  Array.from({ length: 33 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 32)
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)] as const
  })

const digits = [
  [0, [arc(14, 14, 5, 8)]],
  [
    1,
    [
      [
        [14, 5],
        [14, 22],
      ],
    ],
  ],
  [3, [arc(13, 9.5, 5, 4, -0.4, 0.25), arc(13, 18, 5.5, 4.5, -0.25, 0.4)]],
  [
    7,
    [
      [
        [8, 6],
        [19, 6],
        [13, 22],
      ],
    ],
  ],
] as const

for (const names of ['mlde_mnist_d64_l2.timm-keys', 'mlde_mnist.torchvision-keys']) {
  sharedTest(`a model trained on MNIST reads digits drawn here (${names})`, async () => {
    using vit = await load(sharedPath(`data/weights-small/${names}.safetensors`), {
      config: { heads: 2 },
      preprocess: { fit: 'none', cropFraction: 1, mean: [0.1307], std: [0.3081] },
      onNotice: () => {},
    })
    for (const [digit, lines] of digits) {
      const [best] = await vit.classify(drawDigit(lines))
      assert.is(best!.index, digit)
      assert.ok(best!.probability > 0.9, `${digit}: ${best!.probability}`)
    }
  })
}

test.run()
