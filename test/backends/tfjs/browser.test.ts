import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertGolden, checkpoints, photographs } from '../../goldens/photograph.ts'
import { pageTest } from '../../in-browser.ts'
import { hasShared } from '../../shared.ts'
import { skipNow } from '../../skip.ts'
import type { Page } from '../browser-page.ts'

// WebGL is there in pages only.
const script = new URL('../browser-page.ts', import.meta.url)

pageTest<Page>(
  'chromium without WebGPU',
  'Ti/16 on TensorFlow.js, webgl; where that has no f32 it is refused',
  script,
  async ({ call }) => {
    if (!hasShared) return skipNow('real weights are not here')
    const weights = `/shared/${checkpoints.tanh}`
    const { description } = await call('openWebgl', weights)
    assert.match(description, /^TensorFlow.js 4.* on webgl: as asked for$/)
    const first = await call('logits', `/shared/${photographs}`)
    assertGolden(Float32Array.from(first), 'tanh', 1e-3)
    const tensors = await call('tensors')
    assert.ok(tensors > 0)
    assert.equal(await call('logits', `/shared/${photographs}`), first)
    assert.is(await call('tensors'), tensors)
    await call('close')
    assert.is(await call('tensors'), 0)

    const refused = call('openWebgl', weights, { WEBGL_RENDER_FLOAT32_ENABLED: false })
    assert.match(await refused.catch(({ message }) => message), /webgl computes in f16 here/)
  },
)

pageTest<Page>(
  'chromium without WebGPU',
  'operations of hybrids, Mixers and text towers on TensorFlow.js, webgl',
  script,
  ({ call }) => call('compareOnWebgl', 1e-3),
)

// The functions of a WebGL that is a program are less exact than those of others, as the bounds above say too.
pageTest<Page>(
  'chromium without WebGPU',
  'three updates on TensorFlow.js, webgl, are those of WebAssembly',
  script,
  async ({ call }) => assert.is(await call('trainOnWebgl', 1e-2), 0),
)

test.run()
