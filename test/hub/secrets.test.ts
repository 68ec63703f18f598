import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { official } from '../../src/families/vit/names/official.ts'
import { obtainBytes } from '../../src/hub/obtain.ts'
import { openPublished } from '../../src/hub/open.ts'
import { resolveName } from '../../src/hub/resolve.ts'
import { type HubOptions, resolveSettings } from '../../src/hub/settings.ts'
import { load } from '../../src/index.ts'
import { platform } from '../../src/platform/node/platform.ts'
import { asNpz, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { run } from '../cli/run.ts'
import { HubServer } from './server.ts'

// Whatever is given a URL with credentials, a signature or a fragment shows none of them.

const model = asNpz(tensorsOf(official, smallConfig))
const secret = /SECRET/

/** The same address, with a secret in every place that a URL has for one. */
function urlsOf(base: string): string[] {
  const { host } = new URL(base)
  return [
    `http://user:SECRET@${host}/m.npz`,
    `http://SECRET:@${host}/m.npz`,
    `http://${host}/m.npz?X-Amz-Signature=SECRET`,
    `http://${host}/m.npz#SECRET`,
    `http://user:SECRET@${host}/m.npz?X-Amz-Signature=SECRET#SECRET`,
  ]
}

/** No server of theirs answers, or they are no URLs at all. */
const dead = [
  ...urlsOf('http://127.0.0.1:1'),
  'http://user:SECRET%zz@127.0.0.1:1/m.npz',
  'http://user:SECRET@ho st/m.npz',
  'http://user:SEC/SECRET@127.0.0.1/m.npz',
  'gs://bucket?X-Goog-Signature=SECRET',
  'hf:a/b/c?token=SECRET',
  's3://user:SECRET@bucket/m.npz?X-Amz-Signature=SECRET',
  'file:///nowhere/m.npz?SECRET#SECRET',
  'file://user:SECRET@host/m.npz',
  'file:///nowhere/100%.npz?SECRET',
  'blob:http://127.0.0.1:1/none#SECRET',
  'data:text/plain,SECRET',
]

interface Heard {
  readonly notices: string[]
  readonly progress: unknown[]
  readonly errors: unknown[]
}

/** Everything that a user gets to see of a call, which may fail. */
async function hear(call: (hub: HubOptions, onProgress: (p: unknown) => void) => Promise<unknown>) {
  const heard: Heard = { notices: [], progress: [], errors: [] }
  const hub: HubOptions = {
    cache: false,
    timeout: 500,
    retryDelay: 1,
    onNotice: (text) => heard.notices.push(text),
  }
  await call(hub, (p) => heard.progress.push(p)).catch((error) => heard.errors.push(error))
  const text = inspect(heard, { depth: 20, maxStringLength: null, maxArrayLength: null })
  assert.not.match(text, secret, text)
  return heard
}

const calls: Record<
  string,
  (url: string, hub: HubOptions, onProgress: (p: unknown) => void) => Promise<unknown>
> = {
  load: (url, hub, onProgress) => load(url, { hub, onProgress, backend: 'reference' }),
  'load of a URL': (url, hub, onProgress) =>
    load(URL.canParse(url) ? new URL(url) : url, { hub, onProgress, backend: 'reference' }),
  openCheckpoint: async (url, _, onProgress) => (await openCheckpoint(url, { onProgress })).name,
  openPublished: (url, hub) => openPublished(url, { hub }),
  resolveName: async (url, hub) => {
    const { where } = await resolveName(url, resolveSettings(hub))
    if ('remote' in where) throw new Error(where.remote.name)
  },
  'platform.request': (url) => platform.request(url, {}),
  'a mirror': (url, hub) => load('B_16', { hub: { ...hub, url } }),
  'an endpoint': (url, hub) => load('hf:org/name', { hub: { ...hub, endpoint: url } }),
}

for (const [name, call] of Object.entries(calls)) {
  test(`${name}: no secret of a URL in messages, causes, notices or progress`, async () => {
    const server = await HubServer.start()
    try {
      let failures = 0
      // What knows no hub takes a name of the hub for a path, and names all of it.
      const known = dead.filter((url) => name !== 'openCheckpoint' || !url.startsWith('hf:'))
      for (const url of [...urlsOf(server.url), ...known]) {
        const { errors } = await hear((hub, onProgress) => call(url, hub, onProgress))
        failures += errors.length
      }
      assert.ok(failures > 5, 'there was something to hear')
      server.misbehave = (request, response) => {
        response.writeHead(request.url!.includes('again') ? 500 : 404).end()
        return true
      }
      for (const url of urlsOf(server.url)) await hear((hub, on) => call(url, hub, on))
    } finally {
      await server.stop()
    }
  })
}

test('a model that loads shows none either, and the server gets what is meant for it', async () => {
  const server = await HubServer.start()
  try {
    for (const path of ['/m.npz', '/m.npz?X-Amz-Signature=SECRET']) server.put(path, model)
    for (const url of urlsOf(server.url)) {
      const heard = await hear((hub, onProgress) =>
        load(url, { hub, onProgress, backend: 'reference' }).then((vit) => vit.dispose()),
      )
      assert.equal(heard.errors, [])
      assert.ok(heard.progress.length > 0)
    }
    const basic = `Basic ${Buffer.from('user:SECRET').toString('base64')}`
    assert.ok(server.asked.some(({ headers }) => headers.authorization === basic))
    assert.ok(server.asked.some(({ path }) => path.endsWith('Signature=SECRET')))
  } finally {
    await server.stop()
  }
})

test('redirects: to a place with secrets, to one that is refused', async () => {
  const server = await HubServer.start()
  try {
    let location = ''
    server.misbehave = (request, response) => {
      if (request.url !== '/m.npz') return false
      response.writeHead(302, { location }).end()
      return true
    }
    for (location of dead) {
      const { errors } = await hear((hub) => load(`${server.url}/m.npz`, { hub }))
      assert.is(errors.length, 1, location)
    }
  } finally {
    await server.stop()
  }
})

test('a client that quotes URLs in its errors, as some runtimes do', async () => {
  for (const url of urlsOf('http://127.0.0.1:1')) {
    const fetch = (input: unknown) =>
      Promise.reject(
        new TypeError(`error sending request for url (${input})`, { cause: `${input}` }),
      )
    const { errors } = await hear((hub) => load(url, { hub: { ...hub, fetch } }))
    assert.match(
      String(errors[0]),
      /error sending request for url \(http:\/\/127\.0\.0\.1:1\/m\.npz/,
    )
  }
})

test('proxies with passwords', async () => {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]))
  for (const name of names) delete process.env[name]
  try {
    for (const proxy of [
      'http://user:SECRET@127.0.0.1:1',
      'user:SECRET@127.0.0.1:1',
      'http://user:SECRET%zz@127.0.0.1:1',
      'http://user:SECRET@ho st',
      'socks5://user:SECRET@127.0.0.1:1',
      'http://127.0.0.1:1/?SECRET',
    ]) {
      for (const scheme of ['http', 'https']) {
        process.env.HTTP_PROXY = proxy
        process.env.HTTPS_PROXY = proxy
        const url = `${scheme}://published.invalid/m.npz`
        const { errors } = await hear((hub) => load(url, { hub }))
        assert.is(errors.length, 1, `${scheme} by ${proxy}`)
        await hear((hub) =>
          obtainBytes(
            { id: url, url, name: 'x', maxBytes: 9, immutable: true },
            resolveSettings(hub),
            undefined,
          ),
        )
      }
    }
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
})

test('the command line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-'))
  const env = { VITRINE_CACHE: folder, VITRINE_HUB_URL: 'http://user:SECRET@127.0.0.1:1' }
  try {
    writeFileSync(join(folder, 'x.txt'), 'x')
    const [url] = urlsOf('http://127.0.0.1:1').slice(-1) as [string]
    for (const args of [
      ['inspect', url],
      ['cache', 'add', url],
      ['cache', 'rm', url],
      ['convert', url, '-o', join(folder, 'out.safetensors')],
      ['classify', 'examples/chelsea.png', '--weights', 'B_16', '--backend', 'reference'],
    ]) {
      const { code, stdout, stderr } = await run(args, { env })
      assert.ok(code! > 0, args.join(' '))
      assert.not.match(stdout + stderr, secret, args.join(' '))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
