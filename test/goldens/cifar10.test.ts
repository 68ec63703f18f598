import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../src/index.ts'
import { sharedBytes, sharedPath, sharedTest } from '../shared.ts'

// A small ViT trained on CIFAR-10, through the whole pipeline from raw pixels to a class. Of all
// 10,000 test images it gets 7,455 right, as published; of the first 2,000, which are here, 1,468.
sharedTest('a small ViT reaches its accuracy on CIFAR-10', async () => {
  using vit = await load(
    sharedPath('data/weights-small/mightydeb_cifar10_d128_l4.timm-keys.safetensors'),
    {
      config: { heads: 4, eps: 1e-5 },
      preprocess: {
        fit: 'squash',
        filter: 'bilinear',
        cropFraction: 1,
        cropRounding: 'floor',
        rescale: 'divided',
        mean: [0.4914, 0.4822, 0.4465],
        std: [0.247, 0.2435, 0.2616],
      },
    },
  )
  // The binary format of the data set: a class, then 32 x 32 red, green and blue planes.
  const records = sharedBytes('data/cifar10/test_2k.bin')
  const count = records.length / 3073
  let right = 0
  for (let i = 0; i < count; i++) {
    const record = records.subarray(i * 3073, (i + 1) * 3073)
    const data = Uint8Array.from(
      { length: 3072 },
      (_, j) => record[1 + (j % 3) * 1024 + Math.floor(j / 3)]!,
    )
    const [top] = await vit.classify({ width: 32, height: 32, data }, { topK: 1 })
    if (top!.index === record[0]) right++
  }
  assert.is(count, 2000)
  // One image may stand on the edge between two classes.
  assert.ok(Math.abs(right - 1468) <= 1, `${right} of ${count}`)
})

test.run()
