import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { random } from '../random.ts'

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

builtTest('cifar10-head.mjs tells colours apart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-head-'))
  try {
    await writeFile(join(folder, 'data_batch_1.bin'), coloured(4, 1))
    await writeFile(join(folder, 'test_batch.bin'), coloured(2, 2))
    const output = join(folder, 'head.safetensors')
    const said = await example('examples/cifar10-head.mjs', folder, output)
    const [, accuracy] = /([\d.]+) % of 20 test pictures right/.exec(said)!
    assert.ok(Number(accuracy) >= 80, said)
    assert.ok((await stat(output)).size > 5_000_000)
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** Records of CIFAR-10: each class has a colour of its own, with some noise. */
function coloured(ofEach: number, seed: number): Uint8Array {
  const next = random(seed)
  const records = Array.from({ length: 10 * ofEach }, (_, i) => {
    const label = i % 10
    const planes = [label * 25, ((label * 7) % 10) * 25, ((label * 3) % 10) * 25].flatMap((level) =>
      Array.from({ length: 1024 }, () => level + Math.floor(next() * 30)),
    )
    return Uint8Array.of(label, ...planes)
  })
  return Buffer.concat(records)
}

test.run()
