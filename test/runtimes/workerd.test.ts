import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expectInt16, expectPredictions } from './expect.ts'
import { addCheck, addPicture, addScripts } from './harness/check.ts'
import { run } from './harness/commands.ts'
import { targetTest } from './harness/project.ts'

// A Worker of Cloudflare's, bundled by Wrangler as it would deploy it, and run by miniflare in workerd.
const script = fileURLToPath(new URL('./harness/miniflare.mjs', import.meta.url))

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
      copyFileSync(script, join(folder, 'miniflare.mjs'))
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

test.run()
