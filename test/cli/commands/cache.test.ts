import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import { findPublished } from '../../../src/hub/catalog/catalog.ts'
import { asNpz, asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { HubServer } from '../../hub/server.ts'
import { run } from '../run.ts'

const image = 'examples/chelsea.png'
const model = asNpz(tensorsOf(official, { ...smallConfig, classes: 10 }))

test('a checkpoint is downloaded by name, cached, listed, verified and removed', async () => {
  const server = await HubServer.start()
  const cache = mkdtempSync(join(tmpdir(), 'vitrine-cache-'))
  const env = { VITRINE_HUB_URL: server.url, VITRINE_CACHE: cache, HF_ENDPOINT: server.url }
  const vitrine = (...args: string[]) => run(args, { env })
  try {
    const { path } = findPublished('B_16')!
    server.put(`/${path}`, model)
    const args = ['classify', image, '--weights', 'B_16', '--json', '--backend', 'reference']
    const first = await vitrine(...args, '--labels', 'cifar10')
    assert.is(first.code, 0, first.stderr)
    const { top } = JSON.parse(first.stdout)
    assert.match(top[0].label, /^(airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck)$/)
    const offline = await run(args, { env: { ...env, VITRINE_OFFLINE: '1' } })
    assert.equal(JSON.parse(offline.stdout).top[0].index, top[0].index)
    assert.is(server.taken(`/${path}`).length, 1)

    assert.is((await vitrine('cache', 'dir')).stdout, `${join(cache, 'hub')}\n`)
    assert.match((await vitrine('cache', 'ls')).stdout, /^B_16 .*whole$/m)
    assert.match((await vitrine('models', 'b_16')).stdout, /^B_16 .*cached$/m)
    assert.match((await vitrine('cache', 'verify')).stderr, /1 of 1 verified/)
    const [{ key }] = JSON.parse((await vitrine('cache', 'ls', '--json')).stdout)
    const file = join(cache, 'hub', key, path.split('/').at(-1)!)
    writeFileSync(
      file,
      model.map((byte, i) => byte ^ Number(i === 999)),
    )
    const broken = await vitrine('cache', 'verify')
    assert.is(broken.code, 1)
    assert.match(broken.stderr, /B_16: the SHA-256 differs from that of the download; removed/)
    assert.match((await vitrine('cache', 'ls')).stderr, /empty/)

    const added = await vitrine('cache', 'add', 'B_16')
    assert.match(added.stderr, /B_16: \d+ tensors/)
    const misspelt = await vitrine('cache', 'rm', 'B16')
    assert.is(misspelt.code, 2)
    assert.match(misspelt.stderr, /The cache has no B16; did you mean B_16\?/)
    // Another name of the same checkpoint.
    assert.match((await vitrine('cache', 'rm', 'ViT-B_16')).stderr, /removed B_16/)
    assert.is((await vitrine('cache', 'rm', 'B_16')).code, 2)
    assert.is((await vitrine('cache', 'rm')).code, 2)

    const commit = 'f'.repeat(40)
    server.putRepository('org/tiny', commit, {
      'model.safetensors': await asSafetensors(tensorsOf(huggingface, smallConfig)),
      'config.json': Buffer.from('{"num_attention_heads":2}'),
    })
    const inspected = await vitrine('inspect', 'hf:org/tiny', '--json')
    assert.is(inspected.code, 0, inspected.stderr)
    assert.is(JSON.parse(inspected.stdout).model.config.heads, 2)
    const output = join(cache, 'out.safetensors')
    const converted = await vitrine('convert', 'hf:org/tiny', '-o', output)
    assert.is(converted.code, 0, converted.stderr)
    assert.match(converted.stderr, /from huggingface names/)
    const url = `${server.url}/any/where.npz?key=SECRET`
    server.put('/any/where.npz?key=SECRET', model)
    assert.is((await vitrine('cache', 'add', url)).code, 0)
    const removed = await vitrine('cache', 'rm', 'hf:org/tiny', url)
    assert.match(removed.stderr, /removed hf:org\/tiny:model\.safetensors/)
    assert.match(removed.stderr, /removed hf:org\/tiny@main/)
    assert.match(removed.stderr, /any\/where\.npz,/)
    assert.not.match(removed.stderr, /SECRET/)
    assert.match((await vitrine('cache', 'ls')).stderr, /empty/)
  } finally {
    await server.stop()
    rmSync(cache, { recursive: true })
  }
})

test.run()
