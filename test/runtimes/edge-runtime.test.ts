import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expectInt16, expectPredictions } from './expect.ts'
import { addCheck, addPicture } from './harness/check.ts'
import { run } from './harness/commands.ts'
import { targetTest } from './harness/project.ts'
import { serveFolder } from './harness/static-server.ts'

// A function of Vercel's edge runtime, whose static files are at its own origin. All its modules are compiled when it is
// deployed, so the engine must have relaxed SIMD: Node has it from 22 on.
const script = fileURLToPath(new URL('./harness/edge-runtime.mjs', import.meta.url))

targetTest(
  'edge-runtime',
  'classifies, and int16 has its bits',
  async (project) => {
    await project.run('build')
    const server = await serveFolder(join(project.folder, 'public'))
    try {
      const args = ['edge-runtime.mjs', server.url]
      const output = await run(project.node, args, { cwd: project.folder })
      const { status, predictions, int16 } = JSON.parse(output)
      assert.equal([status, server.missing], [200, []])
      expectPredictions(predictions)
      expectInt16(int16, [1], [undefined, 'simd8'])
    } finally {
      server.close()
    }
  },
  {
    node: 22,
    prepare(folder) {
      addPicture(folder)
      copyFileSync(script, join(folder, 'edge-runtime.mjs'))
      addCheck(
        folder,
        'check.js',
        `import { load } from 'vitrine'
addEventListener('fetch', (event) => event.respondWith(check(event.request.url)))
async function check(url) {
  const file = new URL('/vit-ti16-imagenet2012-224.safetensors', url)
  const source = async () => (await fetch(file)).body
  return Response.json(await hashInt16(load, { threads: [1], kernels: [undefined, 'simd8'], source }))
}`,
      )
    },
  },
)

test.run()
