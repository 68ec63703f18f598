import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pageTest } from '../in-browser.ts'
import type { WholePage } from './whole-page.ts'

const script = new URL('whole-page.ts', import.meta.url)
const photographs = ['/examples/chelsea.png', '/examples/coffee.png', '/examples/rocket.jpg']

for (const browser of ['chromium', 'firefox'] as const) {
  /** Of the models that one browser made. */
  const digests: string[] = []
  for (const isIsolated of [false, true]) {
    pageTest<WholePage>(
      browser,
      `${browser}, ${isIsolated ? '' : 'not '}isolated: a worker trains all weights at 96 px`,
      script,
      async (page) => {
        const options = { imageSize: 96, totalSteps: 7, batch: 6 }
        const trained = await page.call('trainWhole', photographs, options)
        assert.is(trained.isolated, isIsolated)
        assert.equal(trained.labels, ['chelsea', 'coffee', 'rocket'])
        assert.is(trained.losses.length, 7)
        assert.ok(Math.abs(trained.losses[0]! - Math.log(3)) < 1e-5, `${trained.losses}`)
        assert.ok(trained.losses.at(-1)! < trained.losses[0]! / 1.5, `${trained.losses}`)
        // Guessing gives a third.
        assert.ok(trained.accuracy >= 0.75, `${trained.accuracy}`)
        assert.ok(trained.turns > 10)
        // Firefox may block a worker that starts others.
        assert.is(trained.started > 0, browser === 'chromium')
        digests.push(trained.digest)
        // One thread computes the same bits as several.
        assert.is(trained.digest, digests[0])
      },
      isIsolated ? {} : { headers: {} },
    )
  }
}

test.run()
