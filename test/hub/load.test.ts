import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError, SourceError } from '../../src/errors.ts'
import { official } from '../../src/families/vit/names/official.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { findPublished } from '../../src/hub/catalog/catalog.ts'
import { type LoadOptions, load, type Progress } from '../../src/index.ts'
import { rejects } from '../checkpoint/collect.ts'
import { zipOf } from '../checkpoint/make.ts'
import { asNpz, asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { gaussian } from '../random.ts'
import { type HubServer, startOf } from './server.ts'
import { type Setting, wholeEntries, withHub } from './setup.ts'

const config = { ...smallConfig, classes: 7 }
const small = asNpz(tensorsOf(official, config))
const path = `/${findPublished('B_16')!.path}`

const optionsOf = ({ server, cache, notices }: Setting): LoadOptions => ({
  backend: 'reference',
  hub: {
    url: server.url,
    cache,
    timeout: 3000,
    retryDelay: 5,
    onNotice: (text) => notices.push(text),
  },
})

const pixels = (side: number) => gaussian(3, side * side * 3, 1)

async function logits(source: string | Uint8Array, options: LoadOptions): Promise<Float32Array> {
  using vit = await load(source, options)
  return await vit.logits(pixels(vit.config.imageSize[0]))
}

test('a published checkpoint by its name is the same as its file', async () => {
  const expected = await logits(small, { backend: 'reference' })
  await withHub(async (setting) => {
    const { server, cache } = setting
    server.put(path, small)
    let opened = 0
    const onProgress = ({ phase }: Progress) => {
      if (phase === 'open') opened++
    }
    await logits('B_16', { ...optionsOf(setting), onProgress })
    assert.is(opened, 1, 'it is read once')
    for (const name of ['B_16', 'ViT-B_16', path.slice(1), `gs:/${path}`]) {
      assert.equal(await logits(name, optionsOf(setting)), expected, name)
    }
    assert.is(server.taken(path).length, 1)
    assert.equal(await wholeEntries(cache), [small])
    const offline = { ...optionsOf(setting), hub: { ...optionsOf(setting).hub, offline: true } }
    assert.equal(await logits('B_16', offline), expected)
    // By URL too, compared with the server's version each time.
    server.put('/any/where.npz', small)
    for (const _ of [1, 2]) {
      assert.equal(await logits(`${server.url}/any/where.npz`, optionsOf(setting)), expected)
    }
    const [, second] = server.taken('/any/where.npz')
    assert.is(second!.range, 'bytes=0-0')
  })
})

/** Sends three quarters of a file asked for from its beginning; the returned function sends the rest. */
function holdBack(server: HubServer): () => void {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  server.misbehave = (request, response, file) => {
    if (!file || request.headers.range) return false
    response.writeHead(200, { 'content-length': file.length, etag: '"one"' })
    response.write(file.subarray(0, 0.75 * file.length))
    void released.then(() => response.end(file.subarray(0.75 * file.length)))
    return true
  }
  return release
}

/** Calls once, when a share of the weights is loaded. */
function whenLoaded(share: number, call: () => void): (progress: Progress) => void {
  let called = false
  return ({ phase, loaded, total }) => {
    if (called || phase !== 'weights' || loaded <= share * total) return
    called = true
    call()
  }
}

test('weights are loaded during the download, npz too', async () => {
  const ti = variantConfig('Ti_16', { depth: 4, classes: 10, imageSize: [32, 32] })
  const tensors = tensorsOf(official, ti)
  for (const bytes of [asNpz(tensors), await asSafetensors(tensors)]) {
    await withHub(async (setting) => {
      const { server } = setting
      server.put(path, bytes, '"one"')
      // The end is held back until half of the weights are there.
      const onProgress = whenLoaded(0.5, holdBack(server))
      const options = optionsOf(setting)
      options.hub!.timeout = 5000
      const found = await logits('B_16', { ...options, onProgress })
      assert.equal(found, await logits(bytes, options))
      assert.is(server.taken(path).filter(({ range }) => !range).length, 1)
      assert.equal(await wholeEntries(setting.cache), [bytes])
    })
  }
})

test('a file that changes while it is loaded: the model is of one version', async () => {
  const ti = variantConfig('Ti_16', { depth: 4, classes: 10, imageSize: [32, 32] })
  const [one, two] = [3, 4].map((seed) => asNpz(tensorsOf(official, ti, seed))) as [
    Uint8Array,
    Uint8Array,
  ]
  await withHub(async (setting) => {
    const { server } = setting
    server.put(path, one, '"one"')
    holdBack(server)
    let changed = false
    const onProgress = whenLoaded(0.25, () => {
      changed = true
      server.put(path, two, '"two"')
      server.misbehave = undefined
      server.cut()
    })
    assert.equal(
      await logits('B_16', { ...optionsOf(setting), onProgress }),
      await logits(two, { backend: 'reference' }),
    )
    assert.ok(changed)
    assert.equal(await wholeEntries(setting.cache), [two])
  })
})

test('a file that is not a checkpoint is not cached, whatever its name', async () => {
  await withHub(async (setting) => {
    const { server, cache } = setting
    server.put(path, Buffer.from('<!doctype html><title>Welcome to our network</title>'))
    await rejects(load('B_16', optionsOf(setting)), FormatError, /a web page/)
    server.put(path, small.subarray(0, small.length - 50))
    await rejects(load('B_16', optionsOf(setting)), FormatError, /truncated|no end/)
    assert.equal(await cache.list(), { whole: [], partial: [] })
    // A copy that rotted on the disk is not met twice.
    server.put(path, small)
    await logits('B_16', optionsOf(setting))
    const [entry] = (await cache.list()).whole
    const file = (await cache.find(entry!.key))!.path!
    writeFileSync(
      file,
      Uint8Array.from(small, (byte, i) => byte ^ Number(i === 2000)),
    )
    await rejects(load('B_16', optionsOf(setting)), FormatError)
    await logits('B_16', optionsOf(setting))
  })
})

test('names that can’t be loaded are refused before any request', async () => {
  await withHub(async (setting) => {
    const options = optionsOf(setting)
    await rejects(load('B_17', options), SourceError, /no file B_17, and no published.*B_16/)
    await rejects(load('./weights/own.npz', options), SourceError, /no file \.\/weights\/own\.npz/)
    assert.is(setting.server.asked.length, 0)
  })
})

test('a file goes before a name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-'))
  const before = process.cwd()
  try {
    process.chdir(folder)
    writeFileSync('B_16', small)
    assert.equal(
      await logits('B_16', { backend: 'reference' }),
      await logits(small, { backend: 'reference' }),
    )
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  }
})

test('an abort ends load and download, and keeps the received bytes', async () => {
  await withHub(async (setting) => {
    const { server, cache } = setting
    const large = asNpz(
      tensorsOf(official, variantConfig('Ti_16', { depth: 4, imageSize: [32, 32] })),
    )
    server.put(path, large, '"one"')
    holdBack(server)
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = whenLoaded(0.25, () => controller.abort(reason))
    const options = { ...optionsOf(setting), signal: controller.signal, onProgress }
    const error = await load('B_16', options).catch((e) => e)
    assert.is(error, reason)
    const { whole, partial } = await cache.list()
    assert.is(whole.length, 0)
    assert.ok(partial[0]!.size > 0)
    server.misbehave = undefined
    server.asked.length = 0
    await logits('B_16', optionsOf(setting))
    assert.ok(server.asked.some(({ range }) => startOf({ headers: { range } } as never) > 0))
  })
})

test('a PyTorch file is refused by its first bytes', async () => {
  const begin = zipOf([{ name: 'archive/data.pkl', data: new Uint8Array(2000) }]).subarray(0, 1000)
  await withHub(async (setting) => {
    const { server } = setting
    server.put('/model.pth', begin)
    // The rest never comes.
    server.misbehave = (_, response) => {
      response.writeHead(200, { 'content-length': 1e8 }).write(begin)
      return true
    }
    const { message } = await rejects(
      load(`${server.url}/model.pth`, optionsOf(setting)),
      FormatError,
      /a PyTorch file/,
    )
    assert.match(message, /torch\.load\("model\.pth".*"model\.safetensors"\)$/m)
    assert.equal((await setting.cache.list()).whole, [])
  })
})

test.run()
