import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmTrainingBackend } from '../../../src/backends/wasm/training/backend.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { load } from '../../../src/index.ts'
import { prepare } from '../../../src/train/prepare.ts'
import { adamw } from '../../../src/train/recipe/optimizer.ts'
import { savedModel } from '../../../src/train/save.ts'
import { sharedBytes, sharedPath, sharedTest } from '../../shared.ts'
import { apart } from './float64.ts'

const IMAGES = 24
const SIDE = 32
const SIZE = 64

/** Pictures of CIFAR-10 at twice their size, each pixel four times; planar to interleaved. */
function samples() {
  const records = sharedBytes('data/cifar10/train_10k.bin')
  return Array.from({ length: IMAGES }, (_, i) => {
    const record = records.subarray(i * 3073, (i + 1) * 3073)
    const pixels = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3]
      const [row, column] = [Math.floor(pixel / SIZE) >> 1, (pixel % SIZE) >> 1]
      return (record[1 + channel * SIDE * SIDE + row * SIDE + column]! - 127.5) / 127.5
    })
    const targets = Float32Array.from({ length: 10 }, (_, label) => Number(label === record[0]))
    return { pixels, targets }
  })
}

sharedTest(
  'adapters of ViT-Ti/16 learn, and the saved file gives the trainer’s logits',
  async () => {
    const prepared = await prepare(
      sharedPath('data/weights/Ti_16-imagenet2012-224.google-layout.npz'),
      {
        backend: await createWasmTrainingBackend({ threads: 1 }),
        load: { imageSize: SIZE, onNotice() {} },
        classes: 10,
        freeze: 'none',
        lora: { rank: 8, alpha: 16 },
        seed: 1,
        optimizer: adamw({ weightDecay: 0 }),
        learningRate: () => 3e-3,
        clip: 1,
      },
    )
    const { trainer, adapters } = prepared
    // 12 blocks of A and B for queries, and of A and B for keys and values.
    assert.is(adapters.length, 24)
    assert.is(trainer.parameters.size, 48 + 2)
    const trained = [...trainer.parameters.values()].reduce((sum, { length }) => sum + length, 0)
    assert.is(trained, 12 * (2 * 192 * 8 + 192 * 16 + 16 * 384) + 193 * 10)
    const batch = samples()
    const losses: number[] = []
    for (let i = 0; i < 8; i++) losses.push((await trainer.step(batch)).loss)
    assert.ok(Math.abs(losses[0]! - Math.log(10)) < 1e-5, `${losses[0]}`)
    assert.ok(losses.at(-1)! < losses[0]! / 4, `${losses}`)
    const [{ pixels }] = batch as [(typeof batch)[number]]
    const expected = await trainer.logits([pixels])
    const labels = Array.from({ length: 10 }, (_, i) => `class ${i}`)
    const file = await collectBytes(savedModel(prepared, { labels }))
    trainer.dispose()
    using model = await load(file, { threads: 1 })
    const found = await model.logits(pixels)
    assert.ok(apart(found, expected) < 1e-4, `${apart(found, expected)}`)
  },
)

test.run()
