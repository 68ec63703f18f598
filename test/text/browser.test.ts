import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadImageText } from '../../src/text/index.ts'
import { asNpz } from '../checkpoint/models.ts'
import { assertWithin } from '../goldens/model.ts'
import { pageTest } from '../in-browser.ts'
import type { Page } from './browser-page.ts'
import { pictures, texts } from './inputs.ts'
import { litTensors, tiny, unsaid, vocabularies } from './tiny-lit.ts'

// In a page one thread computes in a worker, to which tokens go as messages, and several share its memory.

const script = new URL('./browser-page.ts', import.meta.url)
const BOUND = 5e-5

async function expected(name: keyof typeof tiny): Promise<number[]> {
  const vocabulary = vocabularies[name]
  const options = { backend: 'reference', vocabulary, config: unsaid[name] } as const
  using model = await loadImageText(asNpz(litTensors(tiny[name])), options)
  const embeddings = await model.embedText(texts)
  const classifier = await model.zeroShot(texts.slice(0, 4))
  return [
    ...embeddings.flatMap((one) => [...one]),
    ...(await model.embed(pictures[0]!)),
    ...(await classifier.probabilities(pictures[0]!)),
  ]
}

const pages = { isolated: undefined, plain: { headers: {} } } as const

for (const browser of ['chromium', 'firefox'] as const) {
  for (const [kind, serving] of Object.entries(pages)) {
    pageTest<Page>(
      browser,
      `${browser}, ${kind} page: texts and images`,
      script,
      async ({ call }) => {
        for (const name of ['bert', 'transformer'] as const) {
          const found = await call('run', name, 'wasm')
          assert.is(found.backend, 'wasm')
          assertWithin(found.numbers, await expected(name), BOUND, name)
        }
      },
      serving,
    )
  }
}

pageTest<Page>('chromium', 'chromium, WebGPU: texts and images', script, async ({ call }) => {
  const found = await call('run', 'bert', 'webgpu')
  console.log(`computed on ${found.backend}`)
  assertWithin(found.numbers, await expected('bert'), BOUND, 'bert')
})

test.run()
