import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeImage } from '../../src/image/decode.ts'
import { pageTest } from '../in-browser.ts'
import type { Page } from './browser-page.ts'
import { gradient } from './make.ts'
import { fastPNG, flatJPEG } from './make-large.ts'

const script = new URL('./browser-page.ts', import.meta.url)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

for (const browser of ['chromium', 'firefox'] as const) {
  pageTest<Page>(
    browser,
    `${browser}: large images are decoded in a worker, and an abort is heard`,
    script,
    async ({ call }) => {
      const size = { width: 1200, height: 1000, scans: 'progressive' } as const
      const files = [
        fastPNG(gradient(1300, 900)),
        flatJPEG({ ...size, components: 3 }),
        flatJPEG({ ...size, components: 4 }),
      ]
      for (const bytes of files) {
        const { width, height, data } = await decodeImage(bytes)
        const hash = createHash('sha256').update(data).digest('hex')
        const found = await call('decode', base64(bytes))
        assert.equal(found, { width, height, there: hash, here: hash, started: 1 })
      }
      assert.is(await call('pixels', base64(files[0]!)), 32 * 32 * 3)
      const slow = flatJPEG({ ...size, width: 8192, height: 8192, components: 4 })
      const aborted = await call('abort', base64(slow))
      assert.equal(aborted, { message: 'changed my mind', turns: 5, started: 1 })
      assert.is((await call('decode', base64(files[1]!))).started, 2)
    },
  )
}

test.run()
