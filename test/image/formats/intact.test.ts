import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeImage } from '../../../src/image/decode.ts'
import { isIntact } from '../../../src/image/formats/jpeg/intact.ts'
import { Turns } from '../../../src/image/turns.ts'
import { damagedCases, goodCases } from '../browser/cases.ts'
import { gradient, makeJPEG, noise, seeded } from '../make.ts'
import { blocksJPEG } from '../make-blocks.ts'
import { flatJPEG } from '../make-large.ts'

const check = (bytes: Uint8Array) => isIntact(bytes, new Turns())
const isJPEG = ({ name }: { name: string }) => /JPEG/.test(name)

test('intact files are recognised as such', async () => {
  for (const { name, bytes } of (await goodCases()).filter(isJPEG)) {
    assert.is(await check(bytes), true, name)
  }
  for (const scans of ['one', 'each', 'progressive'] as const) {
    const file = { width: 200, height: 90, components: 3, scans }
    assert.is(await check(flatJPEG(file)), true, scans)
  }
})

test('damaged files are recognised as such', async () => {
  for (const { name, bytes } of (await damagedCases()).filter(isJPEG)) {
    const found = await check(bytes).catch((error) => error.code)
    assert.ok(found === false || found === 'FORMAT', `${name}: ${found}`)
  }
  const other = flatJPEG({ width: 64, height: 64, components: 3, scans: 'each' })
  const scan = other.findLastIndex((byte, i) => byte === 0xff && other[i + 1] === 0xda)
  const missing = Uint8Array.from([...other.subarray(0, scan), 0xff, 0xd9])
  assert.is(await check(missing), false, 'a channel without a scan')
})

/** Broken headers, which every libjpeg refuses before it decodes. */
const IN_HEADERS =
  /was not defined|Bogus|Invalid|Unsupported marker|not an image|Corrupt JPEG data: unkn/

test('what decoding finds damaged is not intact, unless its headers are broken', async () => {
  const random = seeded(20)
  const files = [
    await makeJPEG(gradient(61, 47), { progressive: false }),
    await makeJPEG(noise(40, 33)),
    await makeJPEG(noise(40, 33), { progressive: false, quality: 40 }),
    blocksJPEG({ width: 61, height: 47, sampling: [0x22, 0x11, 0x11], interval: 3 }),
  ]
  const count = { damaged: 0, intact: 0 }
  for (let i = 0; i < 1200; i++) {
    const bytes = files[i % files.length]!.slice()
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    const failure = await decodeImage(bytes).then(
      () => undefined,
      (error: Error) => error.message,
    )
    const intact = await check(bytes).catch(() => false)
    if (failure === undefined) count.intact += Number(intact)
    else if (!IN_HEADERS.test(failure)) {
      count.damaged++
      assert.not(intact, failure)
    }
  }
  assert.ok(count.damaged > 100 && count.intact > 300, JSON.stringify(count))
})

test.run()
