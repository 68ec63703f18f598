import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { LimitError } from '../../../src/errors.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { checkJPEGCost } from '../../../src/image/formats/jpeg/cost.ts'
import { gradient, join, makeJPEG, tiffWithOrientation, withExif } from '../make.ts'
import { flatJPEG } from '../make-large.ts'
import { SAMPLES } from '../samples.ts'

const hash = (data: Uint8Array) => createHash('sha256').update(data).digest('hex').slice(0, 16)
const sample = SAMPLES.find(({ name }) => name === 'a CMYK JPEG')!
const cmyk = new Uint8Array(Buffer.from(sample.base64, 'base64'))
/** Its APP14 segment, of 16 bytes, is the first one. */
const TRANSFORM = 17

test('CMYK with and without the marker of Adobe, and YCCK, are what Pillow reads', async () => {
  const bare = join(cmyk.subarray(0, 2), cmyk.subarray(18))
  assert.is(hash((await decodeImage(bare)).data), sample.sha256)
  const ycck = cmyk.slice()
  ycck[TRANSFORM] = 2
  assert.is(hash((await decodeImage(ycck)).data), '089e45a57fd11685')
})

test('a flat picture of every kind and orientation, larger than a band', async () => {
  for (const components of [1, 3, 4]) {
    for (const scans of ['one', 'each', 'progressive'] as const) {
      const size = { width: 700, height: 1000, components }
      const bytes = withExif(flatJPEG({ ...size, scans }), tiffWithOrientation(6, true))
      const { width, height, data } = await decodeImage(bytes)
      assert.equal([width, height, data.length], [1000, 700, 2_100_000])
      // Middle grey; inverted CMYK of 128 all over is dimmed by half once more.
      const level = components === 4 ? 64 : 128
      assert.ok(
        data.every((value) => value === level),
        `${components} ${scans} ${data[0]}`,
      )
    }
  }
})

test('memory and work are known before decoding', async () => {
  const blocks = (8192 / 8) ** 2
  const size = { width: 8192, height: 8192 }
  const one = flatJPEG({ ...size, components: 3, scans: 'one' })
  assert.equal(checkJPEGCost(one), { coefficients: 0, visits: 256 + 3 * blocks })
  const progressive = flatJPEG({ ...size, components: 4, scans: 'progressive' })
  const { coefficients, visits } = checkJPEGCost(progressive)
  assert.is(coefficients, 8 * 8192 * 8192)
  assert.is(visits, 5 * 256 + 8 * blocks)
  // A chroma of half the size has a quarter of the blocks, filled up to whole units.
  const jpeg = await makeJPEG(gradient(17, 17), {
    progressive: true,
    auto_subsample: false,
    chroma_subsample: 2,
  })
  assert.is(checkJPEGCost(jpeg).coefficients, 128 * (16 + 4 + 4))
})

test('hundreds of scans of a large picture are refused, those of a small one are not', async () => {
  const scans = 'progressive'
  const large = flatJPEG({ width: 8192, height: 8192, components: 1, scans, times: 40 })
  assert.ok(large.length < 2 ** 20)
  const error = await decodeImage(large).catch((reason) => reason)
  assert.instance(error, LimitError)
  assert.match(error.message, /41 scans, in which 43\d{6} blocks are decoded; .*at most 16777216/)
  const small = flatJPEG({ width: 64, height: 48, components: 1, scans, times: 300 })
  assert.is((await decodeImage(small)).width, 64)
  const mountain = flatJPEG({ width: 8, height: 8, components: 1, scans, times: 70_000 })
  assert.instance(await decodeImage(mountain).catch((reason) => reason), LimitError)
})

test('many pictures at once, after one that needed much memory', async () => {
  const large = flatJPEG({ width: 2000, height: 2000, components: 4, scans: 'progressive' })
  const image = gradient(64, 64)
  const small = await makeJPEG(image)
  const expected = await decodeImage(small)
  const all = await Promise.all([large, small, large, small].map((bytes) => decodeImage(bytes)))
  assert.equal(
    all.map(({ width }) => width),
    [2000, 64, 2000, 64],
  )
  for (const found of [all[1], all[3], await decodeImage(small)]) assert.equal(found, expected)
})

test.run()
