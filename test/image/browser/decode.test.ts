import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VitrineError } from '../../../src/errors.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { type InPage, pageTest } from '../../in-browser.ts'
import { hasShared, sharedBytes, sharedPath } from '../../shared.ts'
import { skipNow } from '../../skip.ts'
import { seeded } from '../make.ts'
import { blocksJPEG } from '../make-blocks.ts'
import { damagedCases, goodCases } from './cases.ts'
import type { Page } from './page.ts'

const script = new URL('./page.ts', import.meta.url)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** What our decoder makes of a file here. */
async function decodeHere(bytes: Uint8Array, options = {}) {
  try {
    const { width, height, data } = await decodeImage(bytes, options)
    return { width, height, sha256: createHash('sha256').update(data).digest('hex') }
  } catch (error) {
    return { error: (error as VitrineError).code }
  }
}

/** Our decoder is used, and what only a canvas could read is refused. */
async function checkNoise(call: InPage<Page>['call']) {
  const { bytes } = (await goodCases())[0]!
  const expected = await decodeHere(bytes)
  const found = await call('decode', { base64: base64(bytes) })
  assert.equal(found, { ...expected, byBrowser: false })
  const drawing = { width: 1, height: 1, data: base64(Uint8Array.of(1, 2, 3)) }
  const shown = await call('show', '<canvas>', drawing)
  assert.ok('code' in shown)
  assert.is(shown.code, 'UNSUPPORTED')
  assert.match(shown.message, /fingerprinting.*Pass the file/)
}

/** Files with one wrong byte. */
const damages = process.env.VITRINE_TEST_ALL ? 1000 : 20

for (const browser of ['chromium', 'firefox'] as const) {
  pageTest<Page>(
    browser,
    `${browser}: its decoder and ours give the same pixels, and each decodes what it should`,
    script,
    async ({ call }) => {
      for (const { name, bytes, byBrowser } of await goodCases()) {
        for (const orientation of [true, false]) {
          const expected = await decodeHere(bytes, { orientation })
          assert.ok(!('error' in expected), `${name} is read`)
          const file = { base64: base64(bytes) }
          const found = await call('decode', file, { orientation })
          assert.equal(found, { ...expected, byBrowser }, name)
          const own = await call('decode', file, { orientation, decoder: 'vitrine' })
          assert.equal(own, { ...expected, byBrowser: false }, `${name}, by our decoder`)
        }
      }
      const { bytes } = (await goodCases())[0]!
      const plain = await decodeHere(bytes)
      for (const memory of ['shared', 'resizable'] as const) {
        assert.is(await call('decodeIn', memory, base64(bytes)), plain.sha256, memory)
      }
      for (const [width, height] of [
        [16384, 9],
        [9, 40000],
        [16385, 9],
      ] as const) {
        const bytes = blocksJPEG({ width, height, sampling: [0x22, 0x11, 0x11] })
        const found = await call('decode', { base64: base64(bytes) })
        assert.equal(found, { ...(await decodeHere(bytes)), byBrowser: width <= 16384 })
      }
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: damaged files are refused, and nothing is decoded before limits are checked`,
    script,
    async ({ call }) => {
      for (const { name, bytes } of await damagedCases()) {
        assert.equal(await decodeHere(bytes), { error: 'FORMAT' }, `${name}, here`)
        const { error } = await call('decode', { base64: base64(bytes) })
        assert.is(error, 'FORMAT', name)
      }
      const { bytes } = (await goodCases())[0]!
      const limited = await call('decode', { base64: base64(bytes) }, { maxPixels: 100 })
      assert.equal(limited, { error: 'LIMIT', byBrowser: false })
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: what our decoder refuses is refused, whatever the browser makes of it`,
    script,
    async ({ call }) => {
      const random = seeded(3)
      const good = (await goodCases()).filter(({ byBrowser }) => byBrowser)
      const count = { refused: 0, byBrowser: 0 }
      for (let i = 0; i < damages; i++) {
        const bytes = good[i % good.length]!.bytes.slice()
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
        const here = await decodeHere(bytes)
        const there = await call('decode', { base64: base64(bytes) })
        count.byBrowser += Number(there.byBrowser && !('error' in there))
        if (!('error' in here)) continue
        count.refused++
        assert.is(there.error, here.error)
      }
      const least = damages / 5
      assert.ok(count.refused > least && count.byBrowser > least, JSON.stringify(count))
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: a browser that adds noise to canvases is noticed`,
    script,
    async ({ call }) => {
      await call('addNoise', true)
      await checkNoise(call)
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: where noise is only in canvases, pixels are read from video frames`,
    script,
    async ({ call }) => {
      const { bytes } = (await goodCases())[0]!
      const expected = await decodeHere(bytes)
      await call('addNoise', false)
      const found = await call('decode', { base64: base64(bytes) })
      assert.equal(found, { ...expected, byBrowser: true })
      const data = base64(Uint8Array.from({ length: 3 * 16 * 9 }, (_, i) => i))
      const shown = await call('show', '<canvas>', { width: 16, height: 9, data })
      assert.equal(shown, { width: 16, height: 9, distance: 0, again: 192, workers: 0 })
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: photographs and odd files decode as ours do`,
    script,
    async ({ call }) => {
      if (!hasShared) return skipNow('the photographs beside the project are not here')
      for (const folder of ['photos', 'odd', 'imagenet']) {
        const path = `data/images/${folder}`
        // One would take more memory than allowed, and the others are no encoded images.
        const names = readdirSync(sharedPath(path)).filter(
          (name) => !/huge|\.ppm$|\.txt$/.test(name),
        )
        for (const name of names) {
          const expected = await decodeHere(sharedBytes(`${path}/${name}`))
          const { byBrowser, ...found } = await call('decode', { url: `/shared/${path}/${name}` })
          assert.equal(found, expected, name)
          if ('error' in expected) continue
          const isPlain = /\.(jpe?g|webp)$/i.test(name) && !/cmyk/.test(name)
          assert.is(byBrowser, isPlain, name)
        }
      }
    },
  )
}

pageTest<Page>(
  'firefox against fingerprinting',
  'Firefox adds noise to all that a page reads, which is noticed',
  script,
  ({ call }) => checkNoise(call),
)

test.run()
