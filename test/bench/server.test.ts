import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fileBelow } from '../../bench/browser/file-below.ts'
import { importMap } from '../../bench/browser/import-map.ts'
import { BenchServer } from '../../bench/browser/server.ts'
import { temporaryFolder } from '../cli/run.ts'

const folder = temporaryFolder()
const root = join(folder, 'root')
mkdirSync(join(root, 'inner'), { recursive: true })
mkdirSync(join(folder, 'root-beside'))
writeFileSync(join(folder, 'secret.txt'), 'secret')
writeFileSync(join(folder, 'root-beside/secret.txt'), 'secret')
writeFileSync(join(root, 'index.html'), '<!doctype html>')
writeFileSync(join(root, 'inner/a b.mjs'), 'export {}')
symlinkSync('../secret.txt', join(root, 'out.txt'))
symlinkSync('..', join(root, 'up'))
symlinkSync('inner/a b.mjs', join(root, 'alias.mjs'))

const ways = [
  '../secret.txt',
  '%2e%2e/secret.txt',
  '.%2E/secret.txt',
  '..%2fsecret.txt',
  '..%5csecret.txt',
  'inner/../../secret.txt',
  '../root-beside/secret.txt',
  `/${folder}/secret.txt`,
  `${folder.slice(1)}/secret.txt`,
  encodeURIComponent(join(folder, 'secret.txt')),
  'C:/secret.txt',
  'out.txt',
  'up/secret.txt',
  'inner',
  'inner/',
  '',
  '.',
  'index.html%00.txt',
  '%ff',
]

test('files are found by their names, and only below their folder', async () => {
  assert.is((await fileBelow(root, 'index.html'))?.size, 15)
  assert.is((await fileBelow(root, 'inner/a%20b.mjs'))?.size, 9)
  assert.is((await fileBelow(root, 'alias.mjs'))?.size, 9, 'a link that stays inside')
  for (const path of ways) assert.is(await fileBelow(root, path), undefined, path)
  assert.is(await fileBelow('', 'package.json'), undefined, 'no folder is not this one')
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** A request as it is written, which `fetch` would tidy up. */
function ask(url: string, options: RequestOptions & { body?: string } = {}): Promise<Answer> {
  const { port } = new URL(url)
  const { body, ...rest } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, ...rest }, async (response) => {
      let text = ''
      for await (const piece of response) text += piece
      resolve({ status: response.statusCode!, headers: response.headers, text })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

async function served(action: (url: string) => Promise<void>): Promise<void> {
  const server = await BenchServer.start({ vitrine: '1.2.3', page: root })
  try {
    await action(server.url)
  } finally {
    await server.close()
  }
}

test('the server gives out its files and no others, isolated and with their types', () =>
  served(async (url) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
    const types = {
      '/': 'text/html; charset=utf-8',
      '/build/page/inner/a%20b.mjs': 'text/javascript; charset=utf-8',
      '/build/inline/simd8.js': 'text/javascript; charset=utf-8',
      '/state': 'application/json',
      '/engine?name=wasm': 'text/html; charset=utf-8',
    }
    for (const [path, type] of Object.entries(types)) {
      const { status, headers } = await ask(url, { path })
      assert.is(status, 200, path)
      assert.is(headers['content-type'], type)
      assert.is(headers['cross-origin-opener-policy'], 'same-origin')
      assert.is(headers['cross-origin-embedder-policy'], 'require-corp')
      // Engines' frames are other sites.
      const policy = path.startsWith('/engine') ? 'cross-origin' : 'same-origin'
      assert.is(headers['cross-origin-resource-policy'], policy)
      assert.is((await ask(url, { path, method: 'HEAD' })).text, '')
    }
    for (const way of ways) {
      for (const start of ['', 'build/page/', 'build/inline/', 'files/', 'packages/wasm/']) {
        if (start + way === '' || start + way === 'index.html') continue
        const { status, text } = await ask(url, { path: `/${start}${way}` })
        assert.ok(status === 404 || status === 400, `${start}${way}: ${status}`)
        assert.not.match(text, /secret(?!\.txt)/)
      }
    }
    assert.is((await ask(url, { path: `${url}../../etc/passwd` })).status, 404)
  }))

test('the server answers its own page only', () =>
  served(async (url) => {
    const { host, port, origin } = new URL(url)
    const status = async (options: RequestOptions & { body?: string }) =>
      (await ask(url, options)).status
    for (const name of ['127.0.0.1', 'localhost', 'frame-3.localhost']) {
      assert.is(await status({ path: '/', headers: { host: `${name}:${port}` } }), 200)
    }
    for (const foreign of ['example.com', `example.com:${port}`, 'localhost:1', 'xlocalhost']) {
      assert.is(await status({ path: '/', headers: { host: foreign } }), 403, foreign)
    }
    const report = { path: '/report', method: 'POST', body: '{}' }
    assert.is(await status({ ...report, headers: { host, origin } }), 200)
    for (const other of [
      undefined,
      'null',
      'http://example.com',
      `http://frame-1.localhost:${port}`,
    ]) {
      const headers = other === undefined ? { host } : { host, origin: other }
      assert.is(await status({ ...report, headers }), 403, String(other))
    }
    assert.is(await status({ path: '/', method: 'PUT' }), 405)
    assert.is(await status({ ...report, body: '{"', headers: { host, origin } }), 400)
  }))

test('what a page asks for is checked', () =>
  served(async (url) => {
    const headers = { origin: new URL(url).origin }
    const bench = { level: 'op', name: 'x', product: [2, 3, 4], batch: 1, threads: 1 }
    const prepare = (body: object) =>
      ask(url, { path: '/prepare', method: 'POST', headers, body: JSON.stringify(body) })
    const good = await prepare({ bench, engine: 'wasm', graph: 'full' })
    assert.is(good.status, 200)
    const { files } = JSON.parse(good.text)
    const weights = await ask(url, { path: `${files}weight-0.f32` })
    assert.is(weights.headers['content-length'], String(4 * 3 * 4))

    const foreign = { ...bench, weights: '/etc/passwd' }
    for (const [body, message] of [
      [{ bench: foreign, engine: 'wasm', graph: 'full' }, /no checkpoint/],
      [{ bench, engine: '../x', graph: 'full' }, /no engine/],
      [{ bench, engine: 'litert@0.0.1', graph: 'full' }, /not installed/],
      [{ bench: { ...bench, product: undefined }, engine: 'wasm', graph: 'full' }, /neither/],
    ] as const) {
      const { status, text } = await prepare(body)
      assert.is(status, 400)
      assert.match(JSON.parse(text).message, message)
    }
    assert.is((await ask(url, { path: '/engine?name=%3Cscript%3E' })).status, 400)
    assert.is((await ask(url, { path: '/packages/nothing/x.js' })).status, 400)
    assert.is((await ask(url, { path: '/packages/%/x.js' })).status, 400)

    await ask(url, { path: '/clear', method: 'POST', headers, body: JSON.stringify(bench) })
    assert.is((await ask(url, { path: `${files}weight-0.f32` })).status, 404)
  }))

test('an import map says where packages begin', () => {
  const modules = join(folder, 'node_modules')
  const add = (name: string, manifest: object) => {
    mkdirSync(join(modules, name), { recursive: true })
    writeFileSync(join(modules, name, 'package.json'), JSON.stringify(manifest))
  }
  const conditions = { node: './node.js', browser: './browser.js', default: './default.js' }
  add('conditions', { exports: { '.': { import: conditions, require: './common.cjs' } } })
  add('older', { module: 'dist/module.js', main: 'main.js' })
  add('@scope/oldest', { main: './lib/index.js' })
  add('types', { exports: { './types': './types.d.ts' } })
  mkdirSync(join(modules, '.bin'))
  mkdirSync(join(modules, 'no-package'))
  const { imports } = importMap(modules, '/p/')
  assert.equal(
    Object.fromEntries(Object.entries(imports).filter(([name]) => !name.endsWith('/'))),
    {
      conditions: '/p/conditions/browser.js',
      older: '/p/older/dist/module.js',
      '@scope/oldest': '/p/@scope/oldest/lib/index.js',
    },
  )
  assert.is(imports['older/'], '/p/older/')
  assert.equal(importMap('', '/p/'), { imports: {} })
})

test.run()
