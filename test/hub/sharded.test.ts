import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { UnsupportedError } from '../../src/errors.ts'
import { huggingface } from '../../src/families/vit/names/huggingface.ts'
import { openPublished } from '../../src/hub/open.ts'
import { type LoadOptions, load } from '../../src/index.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, smallConfig, type TensorToMake, tensorsOf } from '../checkpoint/models.ts'
import { run } from '../cli/run.ts'
import { type Setting, wholeEntries, withHub } from './setup.ts'

// Checkpoints in several files on servers: each file goes through the cache as any other does.

const commit = '0123456789abcdef0123456789abcdef01234567'
const indexName = 'model.safetensors.index.json'
const shardNames = [1, 2].map((i) => `model-0000${i}-of-00002.safetensors`)
const tensors = tensorsOf(huggingface, smallConfig)
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

async function filesOf(): Promise<Record<string, Uint8Array>> {
  const parts: TensorToMake[][] = [tensors.slice(0, 9), tensors.slice(9)]
  const map: Record<string, string> = {}
  const files: Record<string, Uint8Array> = {}
  for (const [i, part] of parts.entries()) {
    for (const { name } of part) map[name] = shardNames[i]!
    files[shardNames[i]!] = await asSafetensors(part)
  }
  files[indexName] = bytes({ metadata: { total_size: 1 }, weight_map: map })
  return files
}

const optionsOf = ({ server, cache, notices }: Setting): LoadOptions => ({
  backend: 'reference',
  config: { heads: 2 },
  onNotice: (text) => notices.push(text),
  hub: { endpoint: server.url, url: server.url, cache, timeout: 3000, retryDelay: 5 },
})

const pixels = Float32Array.from({ length: 12 * 12 * 3 }, (_, i) => Math.sin(i))

async function logitsOf(source: string | Uint8Array, options: LoadOptions): Promise<Float32Array> {
  const vit = await load(source, options)
  try {
    return await vit.logits(pixels)
  } finally {
    vit.dispose()
  }
}

test('a repository of several files is downloaded once, and works without a connection', async () => {
  await withHub(async (setting) => {
    const { server, cache } = setting
    server.putRepository('org/big', commit, await filesOf())
    const expected = await logitsOf(await asSafetensors(tensors), optionsOf(setting))
    const sources = ['hf:org/big', `hf:org/big@main:${indexName}`]
    for (const source of sources) {
      assert.equal(await logitsOf(source, optionsOf(setting)), expected)
    }
    for (const name of shardNames) {
      const asked = server.asked.filter(({ path }) => path.endsWith(name))
      assert.is(asked.length, 1, name)
    }
    await wholeEntries(cache)
    const kept = (await cache.list()).whole.map(({ name }) => name)
    for (const name of [indexName, ...shardNames]) assert.ok(kept.some((it) => it.includes(name)))
    await server.stop()
    const options = optionsOf(setting)
    const offline = { ...options, hub: { ...options.hub, offline: true } }
    assert.equal(await logitsOf('hf:org/big', offline), expected)
  })
})

test('the URL of an index', async () => {
  await withHub(async (setting) => {
    const { server } = setting
    for (const [name, file] of Object.entries(await filesOf())) server.put(`/m/${name}`, file)
    const expected = await logitsOf(await asSafetensors(tensors), optionsOf(setting))
    const url = `${server.url}/m/${indexName}`
    assert.equal(await logitsOf(url, optionsOf(setting)), expected)
    const kept = (await setting.cache.list()).whole.map(({ name }) => name)
    for (const name of shardNames) assert.ok(kept.some((it) => it.includes(name)))
    const shard = `${server.url}/m/${shardNames[0]}`
    await rejects(load(shard, optionsOf(setting)), UnsupportedError, /model\.safetensors\.index/)
  })
})

test('a look at a repository of several files', async () => {
  await withHub(async (setting) => {
    setting.server.putRepository('org/big', commit, await filesOf())
    const { input, beside } = await openPublished('hf:org/big', optionsOf(setting))
    const file = await openCheckpoint(input, {}, beside.neighbours)
    assert.is(file.tensors.size, tensors.length)
    await file.close()
    const { whole, partial } = await setting.cache.list()
    const kept = [...whole, ...partial].map(({ name }) => name)
    assert.not(
      kept.some((name) => name.includes('-of-')),
      'no weights are downloaded for a look',
    )
  })
})

test('cache add brings all files', async () => {
  await withHub(async ({ server, folder }) => {
    server.putRepository('org/big', commit, await filesOf())
    const env = { VITRINE_CACHE: folder, HF_ENDPOINT: server.url }
    const added = await run(['cache', 'add', 'hf:org/big'], { env })
    assert.is(added.code, 0, added.stderr)
    assert.match(added.stderr, new RegExp(`hf:org/big: ${tensors.length} tensors`))
    const { stdout } = await run(['cache', 'ls'], { env })
    for (const name of [indexName, ...shardNames]) {
      assert.match(stdout, new RegExp(`:${name} .*whole`))
    }
  })
})

test.run()
