import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Dtype } from '../../src/backends/backend.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { runnable } from '../backends/wasm/builds/runnable.ts'
import { sharedBytes, sharedF32, sharedTest } from '../shared.ts'
import { openModel } from './model.ts'

// Real weights and photographs: what the integer modes change against the f32 weights in float64.
const root = 'golden/imagenet-256'
const checkpoint = 'data/weights/vit_tiny_patch16_224.timm.safetensors'
const size = 224 * 224 * 3
const classes = 1000
const images = process.env.VITRINE_TEST_ALL ? 256 : 64

/** The logits of int16 on the first four images are these on every engine, in every width. */
const INT16_HASH = '1afb06178046692852e6d5aaeb86db87fb8054b44f7b8fc58156f52dc714d268'

function pixelsOf(count: number): Float32Array {
  const bytes = sharedBytes(`${root}/crops.u8.bin`).subarray(0, count * size)
  return Float32Array.from(bytes, (x) => (x / 255 - 0.5) / 0.5)
}

async function logitsOf(dtype: Dtype, kernels: (typeof runnable)[number]['name'], count: number) {
  const model = await openModel(checkpoint, await createWasmBackend({ dtype, kernels }))
  return (await model.run(pixelsOf(count), ['logits'])).logits!
}

/** Images whose top class is the same, and the relative root mean square error of all logits. */
function compare(logits: Float32Array): { agree: number; rms: number } {
  const expected = sharedF32(`${root}/logits_erf.f32le.bin`)
  const count = logits.length / classes
  let [agree, error, magnitude] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const range = [i * classes, (i + 1) * classes] as const
    if (topClass(logits.subarray(...range)) === topClass(expected.subarray(...range))) agree++
  }
  logits.forEach((value, i) => {
    error += (value - expected[i]!) ** 2
    magnitude += expected[i]! ** 2
  })
  return { agree: agree / count, rms: Math.sqrt(error / magnitude) }
}

function topClass(logits: Float32Array): number {
  return logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))
}

const bounds = { int16: { agree: 0.995, rms: 0.005 }, int8: { agree: 0.97, rms: 0.07 } } as const

for (const { name, integers } of runnable) {
  for (const dtype of ['int16', 'int8'] as const) {
    if (dtype === 'int16' && integers.perStep !== 2) continue
    // One build of each kind sees all images; the other has the same integers.
    const count = name === 'simd8' || name === 'relaxed8' ? images : 8
    if (dtype === 'int8' && name === 'simd8' && runnable.length > 2) continue
    sharedTest(`${dtype} on ${name} agrees with float64 on ${count} photographs`, async () => {
      const { agree, rms } = compare(await logitsOf(dtype, name, count))
      const percent = (x: number) => `${(100 * x).toFixed(2)} %`
      console.log(`${dtype} ${name}: ${percent(agree)} agree, logits off by ${percent(rms)}`)
      assert.ok(agree >= bounds[dtype].agree, `${agree} agree`)
      assert.ok(rms <= bounds[dtype].rms, `${rms}`)
    })
  }
}

for (const name of ['simd8', 'simd16'] as const) {
  sharedTest(`the logits of int16 on ${name} are the same bits everywhere`, async () => {
    const logits = await logitsOf('int16', name, 4)
    const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength)
    assert.is(createHash('sha256').update(bytes).digest('hex'), INT16_HASH)
  })
}

test.run()
