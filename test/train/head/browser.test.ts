import { availableParallelism } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pageTest } from '../../in-browser.ts'
import type { HeadPage } from './browser-page.ts'

const photographs = ['chelsea.png', 'coffee.png', 'rocket.jpg'].map((name) => `/examples/${name}`)

for (const browser of ['chromium', 'firefox'] as const) {
  for (const isIsolated of [false, true]) {
    const script = new URL('browser-page.ts', import.meta.url)
    const name = `${browser}, ${isIsolated ? '' : 'not '}isolated: a page learns and does not freeze`
    pageTest<HeadPage>(
      browser,
      name,
      script,
      async (page) => {
        const learnt = await page.call('learn', photographs, 8, 'int8')
        assert.is(learnt.threads > 1, isIsolated && availableParallelism() > 1)
        // 21 pictures of 192 values, the head, and names.
        assert.ok(learnt.features > 21 * 768 && learnt.features < 21 * 768 + 20_000)
        for (const [id, { label, probability }] of Object.entries(learnt.answers)) {
          assert.is(label, id.split(' ')[0])
          const exported = learnt.exported[id]!
          assert.is(exported.label, label)
          // Integers made the features that the head learnt from.
          assert.ok(Math.abs(exported.probability - probability) < 0.1)
        }
        assert.is(Object.keys(learnt.answers).length, 3)
        if (browser === 'chromium') {
          console.log(`long tasks: ${learnt.longTasks}`)
          assert.ok(learnt.longTasks)
        }
      },
      isIsolated ? {} : { headers: {} },
    )
  }
}

test.run()
