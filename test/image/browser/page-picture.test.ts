import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { toRGB } from '../../../src/image/input.ts'
import { pageTest } from '../../in-browser.ts'
import { gradient, makeJPEG, tiffWithOrientation, truecolorPNG, withExif } from '../make.ts'
import { goodCases } from './cases.ts'
import type { Page } from './page.ts'

const script = new URL('./page.ts', import.meta.url)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

function drawing(width: number, height: number) {
  return { width, height, data: base64(gradient(width, height).data) }
}

/** Another origin, with an image that a page may show, one that it may also read, and one that never comes. */
async function otherOrigin() {
  const png = truecolorPNG(gradient(20, 10))
  const server = createServer(({ url }, response) => {
    if (url === '/never.png') return
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
    if (url === '/allowed.png') response.setHeader('Access-Control-Allow-Origin', '*')
    response.end(png)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Video is kept in other colours, and not at full resolution. */
const EXACT = ['<img>', '<canvas>', 'OffscreenCanvas', 'ImageBitmap', 'VideoFrame']

const BROKEN: Record<string, { code: string; message: RegExp }> = {
  'an <img> without a source': {
    code: 'SOURCE',
    message: /<img> has no picture: it has no source/,
  },
  'an <img> of a missing file': { code: 'SOURCE', message: /missing\.png did not load/ },
  'an <img> of what is no image': { code: 'SOURCE', message: /start\.js did not load/ },
  'a <video> without a frame': { code: 'ARGUMENT', message: /<video> has no picture.*loadeddata/ },
  'a <canvas> without a size': { code: 'ARGUMENT', message: /<canvas> has no picture.*width/ },
  'an ImageBitmap that was closed': { code: 'ARGUMENT', message: /ImageBitmap.*was closed/ },
  'a VideoFrame that was closed': { code: 'ARGUMENT', message: /VideoFrame.*was closed/ },
  'an <img> of another origin': { code: 'SOURCE', message: /<img>.*crossOrigin = 'anonymous'/ },
  'a <canvas> with pixels of another origin': {
    code: 'SOURCE',
    message: /<canvas>.*crossOrigin = 'anonymous'/,
  },
  'a <div>': {
    code: 'ARGUMENT',
    message: /an <img>, <video>.*this is an object of type HTMLDivEl/,
  },
}

for (const browser of ['chromium', 'firefox'] as const) {
  pageTest<Page>(
    browser,
    `${browser}: what a page shows is an input, and stays the caller's`,
    script,
    async ({ call }) => {
      const small = drawing(60, 40)
      for (const kind of EXACT) {
        const expected = { width: 60, height: 40, distance: 0, again: 192, workers: 0 }
        assert.equal(await call('show', kind, small), expected, kind)
      }
      const shown = await call('show', '<video>', small)
      assert.ok('distance' in shown, JSON.stringify(shown))
      assert.equal([shown.width, shown.height], [60, 40])
      assert.ok(shown.distance < 64, `<video> is ${shown.distance} from what was drawn`)
      assert.equal(await call('showTransparent'), [255, 0, 255, 0, 0, 0])
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: an <img> has the pixels of its file, upright and without its colour profile`,
    script,
    async ({ call }) => {
      const plain = await makeJPEG(gradient(800, 600))
      const exif = (orientation: number) => withExif(plain, tiffWithOrientation(orientation, true))
      const profile = (await goodCases()).find(({ name }) => /a colour profile/.test(name))!.bytes
      for (const bytes of [plain, exif(3), exif(6), profile]) {
        assert.equal(await call('showFile', base64(bytes)), { width: 0, height: 0, distance: 0 })
      }
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: large pictures of a page are read in a worker, within limits`,
    script,
    async ({ call }) => {
      const large = drawing(1300, 900)
      const expected = { width: 1300, height: 900, distance: 0, again: 192 }
      assert.equal(await call('show', '<canvas>', large), { ...expected, workers: 1 })
      assert.equal(await call('show', '<img>', large), { ...expected, workers: 0 })
      for (const kind of EXACT) {
        const refused = await call('show', kind, drawing(60, 40), { maxPixels: 2399 })
        assert.ok('code' in refused, kind)
        assert.is(refused.code, 'LIMIT', kind)
        assert.match(refused.message, '60 x 40 = 2400 pixels')
      }
      const turned = await call('show', '<img>', drawing(6, 4), { orientation: false })
      assert.ok('code' in turned)
      assert.is(turned.code, 'ARGUMENT')
      assert.match(turned.message, 'for orientation: false pass its URL')
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: a picture that is not there, or that the page may not read, is a typed error`,
    script,
    async ({ call }) => {
      const other = await otherOrigin()
      try {
        for (const [kind, { code, message }] of Object.entries(BROKEN)) {
          const found = await call('showBroken', kind, other.url('/image.png'))
          assert.is(found?.code, code, `${kind}: ${found?.message}`)
          assert.match(found!.message, message)
          assert.not.match(found!.message, 'secret')
        }
        const allowed = await call('showForeign', other.url('/allowed.png'))
        assert.equal(allowed, { width: 20, height: 10 })
        assert.is(await call('abort', other.url('/never.png')), 'changed my mind')
      } finally {
        other.close()
      }
    },
  )
}

test('elsewhere such objects are refused', async () => {
  class ImageBitmap {
    width = 2
    height = 2
    get [Symbol.toStringTag]() {
      return 'ImageBitmap'
    }
  }
  const error = await toRGB(new ImageBitmap() as never).catch((reason) => reason)
  assert.is(error.code, 'ARGUMENT')
  assert.match(error.message, 'this is an object of type ImageBitmap')
})

test.run()
