import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pageTest } from '../../in-browser.ts'
import type { Page } from './urls-page.ts'

const page = new URL('./urls-page.ts', import.meta.url)
const file = 'vit-ti16-imagenet2012-224.safetensors'

for (const browser of ['chromium', 'firefox'] as const) {
  pageTest<Page>(
    browser,
    `${browser}: texts are URLs relative to the page, and a file is one request`,
    page,
    async ({ call }) => {
      assert.is(await call('classify', `/assets/${file}`, 'examples/chelsea.png'), 'Egyptian cat')
      assert.is(await call('requestsFor', file), 1)
      assert.is(
        await call('classify', `./assets/${file}`, './examples/rocket.jpg'),
        'drilling platform, offshore rig',
      )
      assert.match(await call('errorOf', 'assets/none.safetensors'), /^SOURCE .*HTTP 404/)
      // Without a slash or an ending it is a name.
      assert.match(await call('errorOf', 'B_17'), /B_17.*B_16/)
    },
  )
}

test.run()
