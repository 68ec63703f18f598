import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { official } from '../../../src/families/vit/names/official.ts'
import { load } from '../../../src/load.ts'
import { asNpz, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import {
  assertGolden,
  gpuBounds as bounds,
  checkpoints,
  photographs,
} from '../../goldens/photograph.ts'
import { type InPage, pageTest } from '../../in-browser.ts'
import { gaussian } from '../../random.ts'
import { hasShared } from '../../shared.ts'
import { skipNow } from '../../skip.ts'
import type { Page } from '../browser-page.ts'
import { worst } from '../values.ts'

// Models in real browsers, on GPUs that are programs.
const script = new URL('../browser-page.ts', import.meta.url)

/**
 * Real weights and a real photograph against float64; where they are not here, the embedded model and
 * noise against WebAssembly.
 */
async function open({ call }: InPage<Page>, dtype: 'f32' | 'f16') {
  const options = { backend: 'webgpu', dtype } as const
  const weights = hasShared ? `/shared/${checkpoints.tanh}` : undefined
  const { name, description, features } = await call('open', options, weights)
  assert.is(name, 'webgpu', description)
  return {
    features,
    async check() {
      if (!hasShared) return checkEmbedded(call, bounds[dtype])
      const logits = await call('logits', `/shared/${photographs}`)
      assertGolden(Float32Array.from(logits), 'tanh', bounds[dtype])
    },
  }
}

async function checkEmbedded(call: InPage<Page>['call'], bound: number): Promise<void> {
  using vit = await load()
  const expected = await vit.logits(gaussian(5, 224 * 224 * 3))
  const error = worst(Float32Array.from(await call('logits')), expected)
  assert.ok(error < bound, `off by ${error}`)
}

pageTest<Page>('chromium', 'on the GPU of chromium, which dies in a run', script, async (page) => {
  const { browser, call } = page
  if (!(await call('hasGpu'))) return skipNow('chromium has no WebGPU here')
  const { check, features } = await open(page, 'f32')
  assert.ok(features.includes('subgroups'))
  await check()
  // The process of the GPU dies, as drivers do; the weights are read again.
  const running = check()
  const session = await browser.target().createCDPSession()
  await session.send('Browser.crashGpuProcess').catch(() => {})
  await running
  assert.is(await call('losses'), 1)

  const { description } = await call('open', { backend: 'auto' })
  assert.match(description, /is a GPU emulated on the CPU\)$/)
  assert.equal(await call('warnings'), [])
  // The next test has a browser whose GPU has not died.
  await browser.close()
})

for (const browser of ['chromium', 'firefox'] as const) {
  pageTest<Page>(
    browser,
    `a small model is trained on the GPU of ${browser}`,
    script,
    async ({ call }) => {
      if (!(await call('hasGpu'))) return skipNow(`${browser} has no WebGPU here`)
      await call('trainOnWebgpu', 1e-5)
    },
  )
}

const LOADS = process.env.VITRINE_TEST_ALL ? 200 : 40

pageTest<Page>(
  'chromium',
  `${LOADS} loads and disposals leave no buffer`,
  script,
  async ({ call }) => {
    if (!(await call('hasGpu'))) return skipNow('chromium has no WebGPU here')
    const checkpoint = [...asNpz(tensorsOf(official, smallConfig))]
    const pixels = [...gaussian(2, 12 * 12 * 3)]
    const { made, left } = await call('reload', LOADS, 'one device', checkpoint, pixels)
    assert.is(made.devices, 1)
    assert.ok(made.buffers > LOADS * smallConfig.depth * 10, `${made.buffers} buffers`)
    assert.equal(left, { devices: 1, buffers: 0 })
    // In software each device compiles for seconds; Node has 200 of them.
    if (!process.env.VITRINE_TEST_ALL) return
    const own = await call('reload', 10, 'a device each', checkpoint, pixels)
    assert.is(own.made.devices, 10)
    assert.equal(own.left, { devices: 0, buffers: 0 })
  },
)

pageTest<Page>('firefox', 'on the GPU of firefox, f32 and f16', script, async (page) => {
  const { call } = page
  if (!(await call('hasGpu'))) return skipNow('firefox has no WebGPU here')
  await call('open', { backend: 'webgpu' })
  await checkEmbedded(call, bounds.f32)
  const { check, features } = await open(page, 'f16')
  assert.ok(features.includes('shader-f16'))
  await check()
  await call('compareOnWebgpu', 'f32', 2e-5)
  await call('compareOnWebgpu', 'f16', 1e-2)
  // Tiles that only a measurement chooses, which software does not get.
  for (const dtype of ['f32', 'f16'] as const) {
    const { kernels, faults } = await call('compileOnWebgpu', dtype)
    assert.ok(kernels > 20, `${kernels} kernels`)
    assert.equal(faults, [])
  }
})

pageTest<Page>(
  'chromium without WebGPU',
  'a page without a GPU computes in WebAssembly, which is said once',
  script,
  async ({ call }) => {
    for (const backend of ['webgpu', 'webgpu', 'auto'] as const) {
      const { name, description } = await call('open', { backend })
      assert.is(name, 'wasm')
      assert.match(description, /WebGPU/)
    }
    await checkEmbedded(call, 1e-5)
    const warnings = await call('warnings')
    assert.is(warnings.length, 1, warnings.join('\n'))
    assert.match(warnings[0]!, /^vitrine computes on the CPU: /)
  },
)

test.run()
