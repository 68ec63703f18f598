import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pageTest } from '../../../in-browser.ts'
import type { Page } from './browser-page.ts'

const script = new URL('./browser-page.ts', import.meta.url)

for (const browser of ['chromium', 'firefox'] as const) {
  pageTest<Page>(
    browser,
    `${browser}: one worker computes for a page without threads, with the same bits`,
    script,
    async ({ call }) => {
      for (const dtype of ['f32', 'int16', 'int8'] as const) {
        assert.equal(await call('compare', dtype), {
          same: [true, true],
          inWorker: true,
          computing: ['remote-worker.js'],
          left: 0,
        })
      }
      assert.equal(await call('abort'), { code: 'AbortError', rest: true, turns: 5 })
      assert.equal(await call('remove'), { code: 'WORKER', again: true })
      assert.equal(await call('mistake'), ['ARGUMENT', 'ArgumentError', 'MEMORY'])
      const { label, description, threads, workers, warnings } = await call('classify', {})
      assert.is(label, 'Egyptian cat')
      assert.match(description, /; in a worker, so that the page stays free$/)
      assert.is(threads.count, 1)
      assert.match(threads.reason, /not cross-origin isolated/)
      assert.equal(workers, ['remote-worker.js'])
      assert.is(warnings.length, 1)
    },
    { headers: {} },
  )

  pageTest<Page>(
    browser,
    `${browser}: a page that may have no workers computes itself, and is told once`,
    script,
    async ({ call }) => {
      for (let i = 0; i < 2; i++) {
        const { label, description, warnings } = await call('classify', { dtype: 'int8' })
        assert.is(label, 'Egyptian cat')
        assert.not.match(description, /in a worker/)
        const [isolation, worker, ...others] = warnings
        assert.match(isolation!, /not cross-origin isolated/)
        assert.match(worker!, /its worker can't be started/)
        assert.equal(others, [])
      }
    },
    {
      headers: {
        'Content-Security-Policy': "script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'",
      },
    },
  )

  pageTest<Page>(
    browser,
    `${browser}: scripts of another server have workers too`,
    script,
    async ({ call }) => {
      const { label, description, workers, warnings } = await call('classify', { dtype: 'int8' })
      assert.is(label, 'Egyptian cat')
      assert.match(description, /; in a worker/)
      assert.is(workers.length, 1)
      assert.is(warnings.length, 1)
    },
    { headers: {}, foreign: true },
  )

  pageTest<Page>(
    browser,
    `${browser}: an isolated page has one worker for one thread, and the pool's for more`,
    script,
    async ({ call }) => {
      const one = await call('classify', { dtype: 'int8', threads: 1 })
      assert.equal(
        [one.label, one.workers, one.warnings],
        ['Egyptian cat', ['remote-worker.js'], []],
      )
      const two = await call('classify', { dtype: 'int8', threads: 2 })
      assert.equal([two.label, two.workers], ['Egyptian cat', ['worker.js', 'worker.js']])
    },
  )
}

test.run()
