import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createServer, type ServerOptions } from '../../src/serve/index.ts'
import { type ListenOptions, listen } from '../../src/serve/node/index.ts'
import { optionRows, testRows, type WrongOptions } from '../arguments/table.ts'
import { gate, get, jsonOf, model, post, rocket, served } from './harness.ts'

const vit = await model()

const wrongOptions: WrongOptions<ServerOptions> = {
  queue: [0, 1.5, '64', Number.POSITIVE_INFINITY],
  maxItems: [0, -1],
  maxBodyBytes: [0, 2 ** 31],
  maxBodiesBytes: [0],
  maxPixels: [0, '64'],
  timeout: [0, 2 ** 31],
  maxPerClient: [0],
  overloadStatus: [500, '503'],
  delay: [-1, 10_001],
  allowUrls: ['https://example.com', ['example.com'], ['https://example.com/'], ['file:///']],
  decoders: [0],
  warmUp: [-1],
  page: [1],
  onRequest: ['log'],
  onError: [{}],
}

const wrongListening: WrongOptions<ListenOptions> = {
  port: [-1, 65_536, '80'],
  host: [1],
  headersTimeout: [0],
  requestTimeout: [0],
  keepAliveTimeout: [-1],
  maxConnections: [0],
  drainDelay: [-1],
  drainTimeout: [-1],
  trustProxy: [1],
}

testRows('servers', () => [
  ...optionRows('createServer', wrongOptions, (options) => createServer({ ti: vit }, options)),
  ...optionRows('listen', wrongListening, (options) => listen(createServer({ ti: vit }), options)),
  { name: 'no model', code: 'ARGUMENT', run: () => createServer({}) },
  ...['', 'a/b', 'a b', 'ü', '..\\', 'x'.repeat(129)].map((name) => ({
    name: `a model called ${JSON.stringify(name).slice(0, 12)}`,
    code: 'ARGUMENT' as const,
    run: () => createServer({ [name]: vit }),
  })),
  ...[null, undefined, 'B_16', {}, 42].map((source, i) => ({
    name: `what is no model, ${i}`,
    code: 'ARGUMENT' as const,
    run: () => createServer({ ti: source as never }).ready(),
  })),
])

test('a model that is loaded by a function, and one that comes later', async () => {
  const door = gate()
  const server = createServer({
    first: vit,
    second: async () => {
      await door.opened
      return vit
    },
  })
  const ready = server.ready()
  assert.is((await get(server, '/v2/health/live')).status, 200)
  assert.is((await get(server, '/v2/health/ready')).status, 503)
  const early = await get(server, '/v2/models/second/ready')
  assert.is(early.status, 503)
  assert.equal(await jsonOf(early), { name: 'second', ready: false })
  const refused = await post(server, '/models/second/classify', rocket)
  assert.is(refused.status, 503)
  assert.match((await jsonOf(refused)).error, /is being loaded/)
  assert.is(refused.headers.get('retry-after'), '1')
  door.open()
  await ready
  assert.is((await get(server, '/v2/health/ready')).status, 200)
  const later = gate()
  const added = server.add(
    'third',
    later.opened.then(() => vit),
  )
  assert.is((await get(server, '/v2/health/ready')).status, 200)
  assert.is((await get(server, '/v2/models/third/ready')).status, 503)
  later.open()
  await added
  assert.is((await post(server, '/models/third/classify', rocket)).status, 200)
  server.dispose()
})

test('a model that can’t be loaded', async () => {
  const server = createServer({ ti: vit, broken: Promise.reject(new Error('no such file')) })
  try {
    await server.ready()
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, /no such file/)
  }
  assert.is((await get(server, '/v2/health/ready')).status, 503)
  // The others are served nevertheless.
  while ((await get(server, '/v2/models/ti/ready')).status !== 200) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  const refused = await post(server, '/models/broken/classify', rocket)
  assert.is(refused.status, 503)
  assert.match((await jsonOf(refused)).error, /could not be loaded/)
  server.dispose()
})

test('a picture of an origin that is allowed is fetched, and no redirection is followed', async () => {
  const asked: string[] = []
  const pictures = createHttpServer((request, response) => {
    asked.push(request.url!)
    if (request.url === '/rocket.jpg') response.end(rocket)
    else if (request.url === '/away') response.writeHead(302, { Location: '/rocket.jpg' }).end()
    else response.writeHead(404).end('none')
  }).listen(0, '127.0.0.1')
  await once(pictures, 'listening')
  const origin = `http://127.0.0.1:${(pictures.address() as { port: number }).port}`
  const server = await served({ allowUrls: [origin] })
  const ask = (path: string) => post(server, '/classify', { inputs: origin + path })
  assert.is((await jsonOf(await ask('/rocket.jpg')))[0].index, 540)
  for (const [path, message] of [
    ['/away', /redirection/],
    ['/missing', /HTTP 404/],
  ] as const) {
    const response = await ask(path)
    assert.is(response.status, 400)
    assert.match((await jsonOf(response)).error, message)
  }
  assert.equal(asked, ['/rocket.jpg', '/away', '/missing'])
  const small = await served({ allowUrls: [origin], maxBodyBytes: 1000 })
  assert.is((await post(small, '/classify', { inputs: `${origin}/rocket.jpg` })).status, 413)
  const none = await post(await served(), '/classify', { inputs: `${origin}/rocket.jpg` })
  assert.match((await jsonOf(none)).error, /fetches no such URL/)
  assert.is(asked.length, 4)
  pictures.closeAllConnections()
  pictures.close()
})

test('the page is whole, and its policy allows its own script and style only', async () => {
  const server = await served()
  const response = await get(server, '/')
  const html = await response.text()
  const policy = response.headers.get('content-security-policy')!
  for (const element of ['script', 'style']) {
    const all = [...html.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`, 'g'))]
    assert.is(all.length, 1)
    const hash = createHash('sha256').update(all[0]![1]!).digest('base64')
    assert.ok(policy.includes(`${element}-src 'sha256-${hash}'`), element)
  }
  assert.not.match(policy, /unsafe/)
  assert.not.match(html, / style="| on\w+="|src="http/)
  server.dispose()
})

test.run()
