import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '../../../src/platform/node/platform.ts'
import { fetchWhole, noise, path, withHub } from '../setup.ts'

const bytes = noise(300_000)

/** A proxy that leads everything to one server, and tells what it was asked for. */
async function withProxy(
  target: string,
  run: (url: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = []
  const { hostname, port } = new URL(target)
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const { pathname } = new URL(request.url!)
    response.writeHead(307, { location: target + pathname }).end()
  })
  const sockets = new Set<Socket>()
  server.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    const through = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(through).pipe(socket)
    })
    for (const one of [socket, through]) sockets.add(one.on('error', () => {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]))
  for (const name of names) delete process.env[name]
  try {
    await run(`http://user:pw@127.0.0.1:${(server.address() as AddressInfo).port}`, asked)
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

test('HTTP_PROXY and NO_PROXY', async () => {
  await withHub(async ({ server, settings, remote }) => {
    server.put(path, bytes)
    await withProxy(server.url, async (proxy, asked) => {
      process.env.HTTP_PROXY = proxy
      process.env.NO_PROXY = '127.0.0.1'
      const far = { ...remote, url: `http://published.invalid${path}` }
      assert.equal(await fetchWhole(far, settings), bytes)
      assert.equal(asked, [`GET http://published.invalid${path}`])
      const near = { ...remote, id: 'https://example.org/near' }
      assert.equal(await fetchWhole(near, settings), bytes)
      assert.is(asked.length, 1)
    })
  })
})

test('HTTPS_PROXY: a tunnel, for which the proxy knows the host and the password is its own', async () => {
  await withHub(async ({ server }) => {
    await withProxy(server.url, async (proxy, asked) => {
      process.env.HTTPS_PROXY = proxy
      // What is at the other end speaks no TLS, which shows that it was reached.
      const error = await platform.request('https://published.invalid/x', {}).then(
        () => assert.unreachable(),
        (error) => error as Error & { code?: string },
      )
      assert.match(`${error?.code} ${error?.message}`, /EPROTO|wrong version|SSL|socket|ECONNRESET/)
      const basic = Buffer.from('user:pw').toString('base64')
      assert.equal(asked, [`CONNECT published.invalid:443 Basic ${basic}`])
    })
  })
})

test.run()
