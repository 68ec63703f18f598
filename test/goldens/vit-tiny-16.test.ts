import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sharedBytes, sharedF32, sharedJSON, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel } from './model.ts'
import { checkpoints, topFive } from './photograph.ts'

// Real weights and real photographs; logits in float64, pixels as TensorFlow and Pillow make them.
const BOUND = 2e-4
const root = 'golden/vit-tiny-16'
const classes = 1000
const chelsea = 9

interface Tap {
  'cls[:8]': number[]
  'tok1[:4]': number[]
  'tok196[:4]': number[]
  mean: number
  absmax: number
}
interface Golden {
  taps_skimage_chelsea_timm_crop248_erf: Record<string, Tap>
}

function pixelsOf(preprocessing: string): Float32Array {
  if (preprocessing === 'google_squash224')
    return sharedF32(`${root}/pixels_google_squash224.f32le.NHWC.bin`)
  return Float32Array.from(
    sharedBytes(`${root}/pixels_timm_crop248.u8.NHWC.bin`),
    (x) => (x / 255 - 0.5) / 0.5,
  )
}

const backends = await allBackends()

for (const backend of backends) {
  const slow = backend.name === 'reference'
  for (const gelu of ['tanh', 'erf'] as const) {
    for (const preprocessing of ['google_squash224', 'timm_crop248'] as const) {
      if (slow && (gelu === 'erf') === (preprocessing === 'google_squash224')) continue
      const name = `${preprocessing} ${gelu} on ${backend.description.split(':')[0]}`
      sharedTest(name, async () => {
        // float64 in plain TypeScript takes seconds an image. Of the builds one has all images, unless all is tested.
        const all = backend === backends.at(-1) || process.env.VITRINE_TEST_ALL
        const images = slow ? 1 : all ? 12 : 3
        const pixels = pixelsOf(preprocessing).subarray(0, images * 224 * 224 * 3)
        const model = await openModel(checkpoints[gelu], backend)
        const { logits } = await model.run(pixels, ['logits'])
        const expected = sharedF32(`${root}/logits_${preprocessing}_${gelu}.f32le.bin`)
        assertWithin(logits!, expected.subarray(0, images * classes), BOUND, 'logits')
        for (let i = 0; i < images; i++) {
          const at = [i * classes, (i + 1) * classes] as const
          assert.equal(
            topFive(logits!.subarray(...at)),
            topFive(expected.subarray(...at)),
            `image ${i}`,
          )
        }
      })
    }
  }

  sharedTest(`every block on ${backend.description.split(':')[0]}`, async () => {
    const taps = sharedJSON<Golden>(`${root}/golden.json`).taps_skimage_chelsea_timm_crop248_erf
    const size = 224 * 224 * 3
    const pixels = pixelsOf('timm_crop248').subarray(chelsea * size, (chelsea + 1) * size)
    const nameOf = (tap: string) => {
      if (tap === 'embed') return 'tokens'
      return tap === 'norm' ? 'norm' : `blocks.${tap.replace('block', '')}.fc2`
    }
    const model = await openModel(checkpoints.erf, backend)
    const values = await model.run(pixels, Object.keys(taps).map(nameOf))
    for (const [tap, expected] of Object.entries(taps)) {
      const found = values[nameOf(tap)]!
      const row = (token: number, count: number) => found.subarray(token * 192, token * 192 + count)
      // The stored values have six decimals; the large activations of later blocks lose some to f32.
      const bound = Math.max(BOUND, expected.absmax * 2e-6)
      assertWithin(row(0, 8), expected['cls[:8]'], bound, `${tap} class token`)
      assertWithin(row(1, 4), expected['tok1[:4]'], bound, `${tap} first patch`)
      assertWithin(row(196, 4), expected['tok196[:4]'], bound, `${tap} last patch`)
      const mean = found.reduce((a, b) => a + b, 0) / found.length
      assertWithin([mean], [expected.mean], BOUND, `${tap} mean`)
    }
  })
}

test.run()
