import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { SourceError } from '../../../src/errors.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import { findPublished } from '../../../src/hub/catalog/catalog.ts'
import { type LoadOptions, load, type ViTConfig } from '../../../src/index.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asNpz, asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import type { Misbehave } from '../server.ts'
import { type Setting, withHub } from '../setup.ts'

// A mirror may be a folder behind any web server: no API, perhaps no ranges, no marks of versions.

const weights = await asSafetensors(tensorsOf(huggingface, { ...smallConfig, classes: 3 }))
const other = await asSafetensors(tensorsOf(huggingface, { ...smallConfig, classes: 4 }))
const config = Buffer.from(JSON.stringify({ num_attention_heads: 4 }))

const optionsOf = ({ server, cache, notices }: Setting, offline = false): LoadOptions => ({
  backend: 'reference',
  hub: {
    url: server.url,
    cache,
    offline,
    timeout: 3000,
    retryDelay: 5,
    onNotice: (text) => notices.push(text),
  },
})

const servers: Readonly<Record<string, Misbehave>> = {
  'with ranges': () => false,
  // As python -m http.server does.
  'without ranges and ETags': (request, response, file) => {
    delete request.headers.range
    if (!file) return false
    response.writeHead(200, { 'content-length': file.length, 'last-modified': 'Thu, 01 Jan 1970' })
    response.end(file)
    return true
  },
  'that forbids what it does not have': (_, response, file) => {
    if (!file) response.writeHead(403).end()
    return !file
  },
  'that has a page for what it does not have': (_, response, file) => {
    const page = { 'content-type': 'text/html; charset=utf-8' }
    if (!file) response.writeHead(200, page).end('<!doctype html><title>Not here</title>')
    return !file
  },
}

const layouts = { 'as Hugging Face has them': '/org/tiny/resolve/main', plainly: '/org/tiny' }

for (const [what, misbehave] of Object.entries(servers)) {
  for (const [how, folder] of Object.entries(layouts)) {
    test(`a server ${what}, files ${how}`, async () => {
      await withHub(async (setting) => {
        const { server } = setting
        server.misbehave = misbehave
        server.put(`${folder}/model.safetensors`, weights)
        server.put(`${folder}/config.json`, config)
        const vit = await load('hf:org/tiny', optionsOf(setting))
        assert.equal([vit.config.classes, (vit.config as ViTConfig).heads], [3, 4])
        const named = await load('hf:org/tiny:model.safetensors', optionsOf(setting))
        assert.is(named.config.classes, 3)
        // Its bucket is a folder too.
        const { path } = findPublished('B_16')!
        server.put(`/${path}`, asNpz(tensorsOf(official, { ...smallConfig, classes: 7 })))
        assert.is((await load('B_16', optionsOf(setting))).config.classes, 7)
        // The error lists the places that were tried.
        const error = await rejects(
          load('hf:org/none', optionsOf(setting)),
          SourceError,
          /no \/org/,
        )
        assert.match(error.message, /\/org\/none\/resolve\/main\/model\.safetensors/)
        assert.match(error.message, /\/org\/none\/model\.safetensors/)
      })
    })
  }
}

test('a folder is asked whether a file changed, and is not needed for what is cached', async () => {
  await withHub(async (setting) => {
    const { server } = setting
    server.put('/org/tiny/config.json', config)
    server.put('/org/tiny/model.safetensors', weights, '"one"')
    await load('hf:org/tiny', optionsOf(setting))
    server.asked.length = 0
    await load('hf:org/tiny', optionsOf(setting))
    assert.ok(server.asked.every(({ path, range }) => !path.endsWith('.safetensors') || range))
    server.put('/org/tiny/model.safetensors', other, '"two"')
    assert.is((await load('hf:org/tiny', optionsOf(setting))).config.classes, 4)
    server.asked.length = 0
    assert.is((await load('hf:org/tiny', optionsOf(setting, true))).config.classes, 4)
    assert.is(server.asked.length, 0)
    const { url } = server
    await server.stop()
    const later = optionsOf({ ...setting, server: { ...server, url } as typeof server })
    assert.is((await load('hf:org/tiny', later)).config.classes, 4)
  })
})

test('a tag and a file of one’s own', async () => {
  await withHub(async (setting) => {
    setting.server.put('/org/tiny/resolve/v1.0/sub/config.json', config)
    setting.server.put('/org/tiny/resolve/v1.0/sub/a.safetensors', weights)
    const vit = await load('hf:org/tiny@v1.0:sub/a.safetensors', optionsOf(setting))
    assert.is(vit.config.classes, 3)
    // A plain folder has no versions.
    setting.server.put('/org/tiny/model.safetensors', weights)
    await rejects(load('hf:org/tiny@v2', optionsOf(setting)), SourceError, /resolve\/v2\/model/)
  })
})

test.run()
