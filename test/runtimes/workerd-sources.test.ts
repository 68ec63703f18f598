import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expectInt16, type Int16 } from './expect.ts'
import { readPicture } from './harness/check.ts'
import { start } from './harness/commands.ts'
import { targetTest } from './harness/project.ts'
import { serveFolder } from './harness/static-server.ts'

// What a Worker can read a model from, and a model that is loaded while the Worker starts.
const int16 = fileURLToPath(new URL('./int16.mjs', import.meta.url))

targetTest(
  'workerd-sources',
  'int16 has its bits from assets, KV, R2 and URLs',
  async (project) => {
    await project.run('model')
    const server = await serveFolder(join(project.folder, 'public'))
    const wrangler = 'node_modules/wrangler/bin/wrangler.js'
    const ports = ['--port', '0', '--inspector-port', '0']
    const worker = start(project.node, [wrangler, 'dev', ...ports], { cwd: project.folder })
    try {
      const [, address] = await worker.prints(/Ready on (http:\S+)/)
      const body = readPicture()
      const classified = await fetch(address!, { method: 'POST', body })
      const [{ label }] = (await classified.json()) as [{ label: string }]
      assert.is(label, 'Egyptian cat')

      const model = `${server.url}vit-ti16-imagenet2012-224.safetensors`
      const response = await fetch(`${address}?model=${encodeURIComponent(model)}`)
      assert.is(response.status, 200)
      const { nothing, published, ...found } = await response.json()
      assert.is(Object.keys(found).length, 6)
      for (const hashes of Object.values(found)) expectInt16(hashes as Int16[], [1], [undefined])
      assert.match(nothing, /^UNSUPPORTED .* copy-model FOLDER/)
      assert.match(published, /^UNSUPPORTED .*can't load "B_16"/)
      assert.equal(server.missing, [])
    } finally {
      await worker.stop()
      server.close()
    }
  },
  {
    node: 22,
    prepare: (folder) => copyFileSync(int16, join(folder, 'int16.mjs')),
  },
)

test.run()
