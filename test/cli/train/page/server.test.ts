import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { PageServer } from '../../../../src/cli/train/page/server.ts'
import { SourceError } from '../../../../src/index.ts'
import { rejects } from '../../../checkpoint/collect.ts'

const html = '<!doctype html><p>page'

async function withServer(
  use: (server: PageServer) => Promise<void>,
  snapshot: () => unknown = () => ({ so: 'far' }),
): Promise<void> {
  const server = await PageServer.open({ port: undefined, html, snapshot })
  try {
    await use(server)
  } finally {
    await server.close()
  }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** `fetch` sets Host itself, and cleans paths. */
async function ask(
  url: string,
  { path = '/', host, method = 'GET' }: { path?: string; host?: string; method?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const sent = request({
    hostname,
    port,
    path,
    method,
    headers: host ? { host } : {},
    agent: false,
  })
  sent.end()
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const piece of response) text += piece
  return { status: response.statusCode, text, headers: response.headers }
}

test('it serves its page, and nothing else', async () => {
  await withServer(async ({ url }) => {
    const page = await ask(url)
    assert.equal([page.status, page.text], [200, html])
    assert.is(page.headers['x-content-type-options'], 'nosniff')
    assert.equal((await ask(url, { method: 'HEAD' })).text, '')
    for (const path of ['/package.json', '/../package.json', '//etc/passwd', '/?x', '/run.json']) {
      assert.is((await ask(url, { path })).status, 404, path)
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      assert.is((await ask(url, { method })).status, 405, method)
    }
  })
})

test('a foreign name that resolves to this machine gets nothing', async () => {
  await withServer(async ({ url }) => {
    const { port } = new URL(url)
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', '127.0.0.1:1']) {
      for (const path of ['/', '/events']) {
        const { status, text } = await ask(url, { host, path })
        assert.equal([status, text.includes('far')], [403, false], host + path)
      }
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) {
      assert.is((await ask(url, { host })).status, 200, host)
    }
  })
})

test('a page that connects is told everything so far, then what happens', async () => {
  const record = { steps: [1, 2] }
  await withServer(
    async (server) => {
      const { hostname, port } = new URL(server.url)
      const sent = request({ hostname, port, path: '/events', agent: false })
      sent.end()
      const [response] = await once(sent, 'response')
      assert.is(response.headers['content-type'], 'text/event-stream')
      assert.is(response.headers['access-control-allow-origin'], undefined)
      const [first] = await once(response, 'data')
      assert.is(String(first), 'event: record\ndata: {"steps":[1,2]}\n\n')
      server.send({ type: 'step', text: 'line\nfeed' })
      const [second] = await once(response, 'data')
      assert.is(String(second), 'data: {"type":"step","text":"line\\nfeed"}\n\n')
      const ended = once(response, 'end')
      response.resume()
      await server.close()
      await ended
    },
    () => record,
  ).catch((error) => {
    // It was closed already.
    if (error.code !== 'ERR_SERVER_NOT_RUNNING') throw error
  })
})

test('a port that is in use is an error that names it; without one, the next is taken', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  await rejects(
    PageServer.open({ port, html, snapshot: () => 0 }),
    SourceError,
    new RegExp(`port ${port}: it is in use`),
  )
  other.close()
  await withServer((one) =>
    withServer(async (next) => {
      assert.is.not(one.url, next.url)
      assert.is((await ask(next.url)).status, 200)
    }),
  )
})

test.run()
