import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expectAnswer, expectInt16, expectPredictions } from './expect.ts'
import { addCheck, addPicture, addScripts } from './harness/check.ts'
import { run } from './harness/commands.ts'
import { targetTest } from './harness/project.ts'

// A Worker of Cloudflare's, bundled by Wrangler as it would deploy it, and run by miniflare in workerd.
const harness = fileURLToPath(new URL('./harness/', import.meta.url))

function addHarness(folder: string, ...files: readonly string[]): void {
  for (const file of ['worker.mjs', ...files]) copyFileSync(join(harness, file), join(folder, file))
}

targetTest(
  'workerd',
  'what Wrangler made of it',
  async (project) => {
    await project.run('build')
    await project.run('build:check')
    const output = await run(project.node, ['miniflare.mjs'], { cwd: project.folder })
    const { status, predictions, int16 } = JSON.parse(output)
    assert.is(status, 200)
    expectPredictions(predictions)
    expectInt16(int16, [1], [undefined, 'simd8'])
  },
  {
    node: 22,
    prepare(folder) {
      addPicture(folder)
      addHarness(folder, 'miniflare.mjs')
      addCheck(
        folder,
        'check.js',
        `import { load } from 'vitrine'
export default {
  async fetch(_, env) {
    const source = async () =>
      (await env.ASSETS.fetch('https://assets.local/vit-ti16-imagenet2012-224.safetensors')).body
    return Response.json(await hashInt16(load, { threads: [1], kernels: [undefined, 'simd8'], source }))
  },
}`,
      )
      addScripts(folder, {
        'build:check': 'wrangler deploy check.js --dry-run --outdir dist-check',
      })
    },
  },
)

interface Answer {
  readonly status: number
  readonly text: string
}

targetTest(
  'workerd-serve',
  'a server that Wrangler made a Worker of',
  async (project) => {
    await project.run('build')
    const output = await run(project.node, ['miniflare-serve.mjs'], { cwd: project.folder })
    const { ready, classes, compressed, noImage, page, metrics } = JSON.parse(output) as {
      classes: readonly Answer[]
    } & Record<'ready' | 'compressed' | 'noImage' | 'page' | 'metrics', Answer>
    assert.equal(JSON.parse(ready.text), { ready: true })
    for (const { status, text } of [...classes, compressed]) {
      assert.is(status, 200, text)
      const [{ label, score }] = JSON.parse(text)
      expectAnswer(`${label} ${score.toFixed(3)}`)
    }
    assert.is(noImage.status, 400)
    assert.match(JSON.parse(noImage.text).error, /not an image/)
    assert.match(page.text, /^<!doctype html>/)
    assert.match(metrics.text, /^vitrine_items_total\{model="tiny",kind="image"\} 4$/m)
  },
  {
    node: 22,
    prepare(folder) {
      addPicture(folder)
      addHarness(folder, 'miniflare-serve.mjs')
    },
  },
)

test.run()
