import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const root = fileURLToPath(new URL('../../', import.meta.url))
const built = existsSync(new URL('../../build/node/index.js', import.meta.url))
if (!built) console.log('skipping the examples: there is no build/node/index.js; npm run build')
const builtTest = built ? test : test.skip

async function example(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
  return stdout
}

builtTest('classify.mjs names the cat', async () => {
  assert.match(await example('examples/classify.mjs'), /chelsea\.png: .*cat \(\d+\.\d %\)\n$/)
})

builtTest('similarity.mjs prints a symmetric matrix with ones on its diagonal', async () => {
  const rows = (await example('examples/similarity.mjs')).trimEnd().split('\n')
  const matrix = rows.map((row) => row.trim().split(/\s+/).map(Number))
  assert.is(matrix.length, 4)
  matrix.forEach((row, i) => {
    assert.is(row[i], 1)
    row.forEach((value, j) => {
      assert.is(value, matrix[j]![i])
      assert.ok(i === j || value < 0.9)
    })
  })
})

test.run()
