import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { FormatError, SourceError, UnsupportedError } from '../../../src/errors.ts'
import { describeCheckpoint } from '../../../src/families/describe.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import { openPublished } from '../../../src/hub/open.ts'
import { type LoadOptions, load } from '../../../src/index.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { gaussian } from '../../random.ts'
import { HubServer } from '../server.ts'
import { noise, type Setting, wholeEntries, withHub } from '../setup.ts'

const commit = '0123456789abcdef0123456789abcdef01234567'
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const config = { ...smallConfig, classes: 3 }
const weights = await asSafetensors(tensorsOf(huggingface, config))
const repository = 'org/tiny'

const files = {
  'config.json': json({
    model_type: 'vit',
    hidden_act: 'gelu_new',
    layer_norm_eps: 1e-3,
    num_attention_heads: 4,
    image_size: 12,
    id2label: { 0: 'ant', 1: 'bee', 2: 'cow' },
  }),
  'preprocessor_config.json': json({
    do_resize: true,
    do_normalize: true,
    image_mean: [0.4, 0.5, 0.6],
    image_std: [0.2, 0.3, 0.4],
    resample: 3,
    size: { height: 12, width: 12 },
  }),
  'model.safetensors': weights,
}

const optionsOf = (
  { server, cache, notices }: Setting,
  hub: LoadOptions['hub'] = {},
): LoadOptions => ({
  backend: 'reference',
  hub: {
    endpoint: server.url,
    cache,
    timeout: 3000,
    retryDelay: 5,
    onNotice: (text) => notices.push(text),
    ...hub,
  },
})

test('a repository: its weights and its configs', async () => {
  await withHub(async (setting) => {
    const { server, cache } = setting
    server.putRepository(repository, commit, files)
    const vit = await load('hf:org/tiny', optionsOf(setting))
    const { gelu, eps, heads } = vit.config as ViTConfig
    assert.equal({ gelu, eps, heads }, { gelu: 'tanh', eps: 1e-3, heads: 4 })
    assert.equal(vit.labels, ['ant', 'bee', 'cow'])
    assert.equal((vit.preprocess as { mean: unknown }).mean, [0.4, 0.5, 0.6])
    const own = await load(weights, { backend: 'reference', config: { gelu, eps, heads } })
    const pixels = gaussian(1, 12 * 12 * 3, 1)
    assert.equal(await vit.logits(pixels), await own.logits(pixels))
    // What the caller says goes before it.
    const mine = await load('hf:org/tiny@main:model.safetensors', {
      ...optionsOf(setting),
      config: { gelu: 'erf', classes: 0 },
      preprocess: 'clip',
    })
    const { gelu: mineGelu, classes } = mine.config as ViTConfig
    assert.equal([mineGelu, classes, mine.preprocess], ['erf', 0, 'clip'])
    assert.is((await wholeEntries(cache)).length, 4)
    // Without a server, the branch is what it was.
    await server.stop()
    for (const offline of [true, false]) {
      const again = await load('hf:org/tiny', optionsOf(setting, { offline }))
      assert.equal(await again.logits(pixels), await own.logits(pixels))
    }
    await load(`hf:org/tiny@${commit}`, optionsOf(setting, { offline: true }))
    const other = load('hf:org/tiny@v2', optionsOf(setting, { offline: true }))
    await rejects(other, SourceError, /not in the cache/)
  })
})

test('weights that are not those of the commit are refused', async () => {
  await withHub(async (setting) => {
    const { server, cache } = setting
    server.putRepository(repository, commit, files)
    const path = `/${repository}/resolve/${commit}/model.safetensors`
    server.put(
      path,
      Uint8Array.from(weights, (byte, i) => (i === weights.length - 1 ? byte ^ 1 : byte)),
    )
    await rejects(
      load('hf:org/tiny', optionsOf(setting)),
      SourceError,
      /complete but wrong: its SHA-256/,
    )
    const names = (await cache.list()).whole.map(({ name }) => name)
    assert.not(names.some((name) => name.endsWith('.safetensors')))
    server.put(path, weights)
    await load('hf:org/tiny', optionsOf(setting))
  })
})

test('errors for unreadable repositories list their files', async () => {
  await withHub(async (setting) => {
    const { server } = setting
    const cases: [Record<string, Uint8Array>, typeof SourceError, RegExp][] = [
      [{ 'pytorch_model.bin': noise(9) }, SourceError, /no \.safetensors, only pytorch_model\.bin/],
      [
        { 'a.safetensors': weights, 'b.safetensors': weights },
        SourceError,
        /several.*a\.safetensors, b/,
      ],
      [
        { 'model.safetensors.index.json': json({ weight_map: { a: 'b.safetensors' } }) },
        SourceError,
        /b\.safetensors, which is not beside it/,
      ],
    ]
    for (const [has, kind, message] of cases) {
      server.putRepository(repository, commit, has)
      await rejects(load('hf:org/tiny', optionsOf(setting)), kind, message)
    }
    await rejects(load('hf:org/tiny:c.safetensors', optionsOf(setting)), SourceError, /no file c\./)
    await rejects(
      load('hf:org/none', optionsOf(setting)),
      SourceError,
      /HTTP 404.*gated or private/,
    )
    server.putRepository(repository, commit, {
      ...files,
      'config.json': json({ hidden_act: 'silu' }),
    })
    await rejects(load('hf:org/tiny', optionsOf(setting)), UnsupportedError, /hidden_act "silu"/)
  })
})

test('the token goes to Hugging Face and nowhere else, and into no message', async () => {
  const token = 'hf_TopSecret'
  const other = await HubServer.start()
  try {
    await withHub(async (setting) => {
      const { server, notices } = setting
      server.putRepository(repository, commit, files)
      const moved = `/${repository}/resolve/${commit}/model.safetensors`
      // As for large files: on to a server of somebody else.
      other.put('/storage', weights)
      server.misbehave = (request, response) => {
        const { authorization } = request.headers
        if (authorization !== `Bearer ${token}`) {
          response.writeHead(401).end()
          return true
        }
        if (request.url !== moved) return false
        response.writeHead(302, { location: `${other.url}/storage?signature=1` }).end()
        return true
      }
      other.misbehave = (request) => {
        request.url = request.url!.replace(/\?.*/, '')
        return false
      }
      other.put('/storage?signature=1', weights)
      const refused = await rejects(
        load('hf:org/tiny', optionsOf(setting)),
        SourceError,
        /HTTP 401.*HF_TOKEN/,
      )
      await load('hf:org/tiny', optionsOf(setting, { token }))
      assert.ok(other.asked.length > 0)
      assert.ok(other.asked.every(({ headers }) => headers.authorization === undefined))
      const wrong = await rejects(
        load('hf:org/other', optionsOf(setting, { token: `${token}2` })),
        SourceError,
        /whether your token may read it/,
      )
      for (const text of [refused.message, wrong.message, String(wrong.cause), ...notices]) {
        assert.not.match(text, /TopSecret/)
      }
    })
  } finally {
    await other.stop()
  }
})

test('of a big file only the header is read to look at it', async () => {
  await withHub(async (setting) => {
    const { server, cache } = setting
    const big = await asSafetensors(
      tensorsOf(huggingface, variantConfig('Ti_16', { imageSize: [32, 32], classes: 10 })),
    )
    server.putRepository(repository, commit, {
      ...files,
      'config.json': json({ model_type: 'vit', image_size: 32, num_attention_heads: 4 }),
      'preprocessor_config.json': json({ size: 32 }),
      'model.safetensors': big,
    })
    const { input, beside } = await openPublished('hf:org/tiny', optionsOf(setting))
    const file = await openCheckpoint(input)
    assert.ok(file.tensors.size > 100)
    const options = { notice: assert.unreachable }
    const { config, sources } = await describeCheckpoint(file, beside, {}, options)
    assert.is((config as Partial<ViTConfig>).heads, 4)
    assert.is(sources!.config, 'hf:org/tiny:config.json')
    await file.close()
    const asked = server.asked.filter(({ path }) => path.endsWith('model.safetensors'))
    assert.equal(
      asked.map(({ range }) => range),
      ['bytes=0-262143'],
    )
    assert.not((await cache.list()).whole.some(({ size }) => size === big.length))
  })
})

test('downloads of Hugging Face’s libraries are used, and not changed', async () => {
  await withHub(async (setting) => {
    const { server, folder } = setting
    server.putRepository(repository, commit, files)
    const home = join(folder, 'hf')
    const snapshot = join(home, 'hub/models--org--tiny/snapshots', commit)
    mkdirSync(snapshot, { recursive: true })
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(snapshot, name), bytes)
    mkdirSync(join(snapshot, '../../refs'))
    writeFileSync(join(snapshot, '../../refs/main'), commit)
    const { HF_HOME, HF_HUB_CACHE } = process.env
    process.env.HF_HOME = home
    delete process.env.HF_HUB_CACHE
    try {
      const vit = await load('hf:org/tiny', optionsOf(setting, { offline: true }))
      assert.equal(vit.labels, ['ant', 'bee', 'cow'])
      assert.is(server.asked.length, 0)
      await load('hf:org/tiny', optionsOf(setting))
      assert.not(server.asked.some(({ path }) => path.includes('/resolve/')))
    } finally {
      if (HF_HOME === undefined) delete process.env.HF_HOME
      else process.env.HF_HOME = HF_HOME
      if (HF_HUB_CACHE !== undefined) process.env.HF_HUB_CACHE = HF_HUB_CACHE
    }
  })
})

test('a config.json of timm; one that is broken is not kept, and the weights are', async () => {
  await withHub(async (setting) => {
    const { server, cache } = setting
    const timmConfig = {
      architecture: 'vit_tiny_patch16_224',
      pretrained_cfg: { input_size: [3, 12, 12], crop_pct: 0.95, mean: [0.5], std: [0.5] },
      model_args: { num_heads: 2 },
    }
    const weights = await asSafetensors(tensorsOf(timm, config))
    const put = (config: Uint8Array) =>
      server.putRepository(repository, commit, {
        'config.json': config,
        'model.safetensors': weights,
      })
    put(Buffer.from('{ "architecture": '))
    const broken = load('hf:org/tiny', optionsOf(setting))
    await rejects(broken, FormatError, /^hf:org\/tiny:config\.json is not JSON/)
    const names = (await cache.list()).whole.map(({ name }) => name)
    assert.not(names.some((name) => name.endsWith('config.json')))
    put(json(timmConfig))
    const vit = await load('hf:org/tiny', optionsOf(setting))
    assert.is((vit.preprocess as { cropFraction: number }).cropFraction, 0.95)
    assert.is((vit.config as ViTConfig).heads, 2)
  })
})

test('a URL: files beside it are read, cached, and available offline', async () => {
  await withHub(async (setting) => {
    const { server, notices } = setting
    for (const [name, bytes] of Object.entries(files)) server.put(`/m/${name}?key=1`, bytes)
    const url = `${server.url}/m/model.safetensors?key=1`
    const vit = await load(url, optionsOf(setting))
    assert.equal(vit.labels, ['ant', 'bee', 'cow'])
    assert.is((vit.config as ViTConfig).heads, 4)
    assert.equal(notices, [])
    const none = await load(url, { ...optionsOf(setting), neighbours: false, config: { heads: 2 } })
    assert.is(none.labels, undefined)
    await server.stop()
    const again = await load(url, optionsOf(setting, { offline: true }))
    assert.equal(again.labels, vit.labels)
    assert.is((again.config as ViTConfig).heads, 4)
  })
})

test('a file of a bucket has its neighbours there', async () => {
  await withHub(async (setting) => {
    const { server } = setting
    for (const [name, bytes] of Object.entries(files)) server.put(`/own/a+b/${name}`, bytes)
    const options = optionsOf(setting, { url: server.url })
    const vit = await load('gs://own/a+b/model.safetensors', options)
    assert.equal(vit.labels, ['ant', 'bee', 'cow'])
    assert.equal(setting.notices, [])
  })
})

test('a URL with nothing beside it: assumptions are reported', async () => {
  await withHub(async (setting) => {
    const { server } = setting
    const big = { ...config, width: 64, heads: 1 }
    server.put('/m.safetensors', await asSafetensors(tensorsOf(huggingface, big)))
    const said: string[] = []
    const vit = await load(`${server.url}/m.safetensors`, {
      ...optionsOf(setting),
      onNotice: (text) => void said.push(text),
    })
    assert.is((vit.config as ViTConfig).heads, 1)
    assert.is(said.length, 1)
    assert.match(said[0]!, /Assumed: imageSize 12x12, heads 1\. Pass what is otherwise/)
  })
})

test.run()
