import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createServer, type ServerOptions } from '../../src/serve/index.ts'
import { type ListenOptions, listen } from '../../src/serve/node/index.ts'
import { until } from '../until.ts'
import { gatedModel, jsonOf, rocket, served } from './harness.ts'

async function open(options: ServerOptions = {}, listening: ListenOptions = {}) {
  const { model, doors } = await gatedModel()
  const statuses: number[] = []
  const onRequest = ({ status }: { status: number }) => void statuses.push(status)
  const server = createServer({ ti: model }, { warmUp: 0, onRequest, ...options })
  await server.ready()
  const listener = await listen(server, { port: 0, drainDelay: 0, ...listening })
  return { server, doors, statuses, listener, close: () => listener.close(0) }
}

const post = (url: string, path: string, init: RequestInit = {}) =>
  fetch(new URL(path, url), { method: 'POST', body: rocket, ...init })

/** Everything that a connection gets, until it ends. */
async function conversation(port: number, ...parts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  for (const part of parts) socket.write(part)
  await closed
  return text
}

test('a port: answers, errors and large bodies', async () => {
  const server = await served({ maxBodyBytes: 2 ** 20 })
  const { url, port, close } = await listen(server, { port: 0 })
  assert.is(url, `http://127.0.0.1:${port}/`)
  assert.is((await jsonOf(await post(url, 'classify')))[0].index, 540)
  assert.is((await fetch(new URL('nothing', url))).status, 404)
  // Chunked, since a stream has no length.
  const stream = new Blob([rocket]).stream()
  const streamed = await post(url, 'classify', { body: stream, duplex: 'half' } as RequestInit)
  assert.is((await jsonOf(streamed))[0].index, 540)
  const large = await post(url, 'classify', { body: new Uint8Array(2 ** 20 + 1) })
  assert.is(large.status, 413)
  await large.body?.cancel()
  assert.is((await post(url, 'classify')).status, 200)
  await close(0)
  server.dispose()
})

test('a port that is in use is refused by name', async () => {
  const { listener, server, close } = await open()
  try {
    await listen(server, { port: listener.port })
    assert.unreachable()
  } catch (error) {
    assert.is((error as { code: string }).code, 'SOURCE')
    assert.match((error as Error).message, /port \d+ of 127\.0\.0\.1: it is in use/)
  }
  await close()
  server.dispose()
})

test('a client that closes its connection stops its run', async () => {
  const { listener, doors, statuses, server, close } = await open()
  const leaving = new AbortController()
  const answer = post(listener.url, 'classify', { signal: leaving.signal })
  await until(() => doors.length === 1, 'it runs')
  leaving.abort()
  await answer.catch(() => {})
  await until(() => doors[0]!.signal?.aborted === true, 'the run is stopped')
  await until(() => statuses.length === 1, 'the request has ended')
  assert.equal(statuses, [499])
  await close()
  server.dispose()
})

test('requests that are malformed, truncated or slow, and others meanwhile', async () => {
  const { listener, doors, server, close } = await open(
    {},
    { headersTimeout: 1500, requestTimeout: 3000 },
  )
  const { port, url } = listener
  const head = 'POST /classify HTTP/1.1\r\nHost: a\r\n'
  assert.match(await conversation(port, 'NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 /)
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`
  assert.match(await conversation(port, `${chunked}zz\r\nabc\r\n`), /^HTTP\/1\.1 400 /)
  const slowHeaders = conversation(port, 'POST /classify HTTP/1.1\r\nHost:')
  const slowBody = conversation(port, `${head}Content-Length: 1000\r\n\r\n`, 'half')
  const other = post(url, 'classify')
  await until(() => doors.length === 1, 'another request runs')
  doors[0]!.go()
  assert.is((await other).status, 200)
  assert.match(await slowHeaders, /^HTTP\/1\.1 408 /)
  assert.match(await slowBody, /^(HTTP\/1\.1 408 |$)/)
  await close()
  server.dispose()
})

test('a connection that says nothing, and a client that does not read its answer, are cut', async () => {
  const answer = new Uint8Array(2 ** 26)
  const sending = {
    fetch: async () => new Response(answer),
    drain: async () => {},
    maxBodyBytes: 0,
  }
  const { port, close } = await listen(sending, {
    port: 0,
    headersTimeout: 200,
    requestTimeout: 400,
  })
  assert.match(await conversation(port), /^(HTTP\/1\.1 408 |$)/)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'readable')
  // Only the listener can end this.
  await close(0)
  let length = 0
  for await (const data of socket) length += (data as Uint8Array).length
  assert.ok(length > 0 && length < answer.length, `${length} bytes`)
})

test('a client that asks before it sends its body is told to go on, or not', async () => {
  const server = await served({ maxBodyBytes: 10 })
  const { port, close } = await listen(server, { port: 0 })
  const head = 'POST /classify HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n'
  const small = await conversation(port, `${head}Content-Length: 5\r\n\r\n`, 'hello')
  assert.match(small, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400 /)
  assert.match(await conversation(port, `${head}Content-Length: 11\r\n\r\n`), /^HTTP\/1\.1 413 /)
  await close(0)
  server.dispose()
})

test('connections beyond the limit close those without a request, the oldest first', async () => {
  const { listener, doors, server, close } = await open({}, { maxConnections: 3 })
  const ended: number[] = []
  const idle = [0, 1].map((i) => {
    const socket = connect(listener.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.once('close', () => ended.push(i))
    return socket
  })
  await Promise.all(idle.map((socket) => once(socket, 'connect')))
  const running = post(listener.url, 'classify')
  await until(() => doors.length === 1, 'a request runs')
  const live = 'GET /v2/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  assert.match(await conversation(listener.port, live), /^HTTP\/1\.1 200 /)
  await until(() => ended.length === 1, 'one is closed')
  assert.equal(ended, [0])
  const others = [post(listener.url, 'classify'), post(listener.url, 'classify')]
  await until(() => doors.length === 2, 'two run')
  await until(() => ended.length === 2, 'the other is closed')
  // All that are left have requests.
  assert.is(await conversation(listener.port, live), '')
  for (const door of doors.splice(0)) door.go()
  await until(() => doors.length === 1, 'the last runs')
  doors.shift()!.go()
  for (const answer of [running, ...others]) assert.is((await answer).status, 200)
  await close()
  server.dispose()
})

test('closing: not ready at once, what comes meanwhile is answered, nothing is lost', async () => {
  const { listener, doors, statuses, server } = await open({}, { drainDelay: 2000 })
  const { url } = listener
  const agent = new Agent({ keepAlive: true })
  const running = [post(url, 'classify'), post(url, 'classify'), post(url, 'classify')]
  await until(() => doors.length === 2, 'two run and one waits')
  const closed = listener.close()
  const ready = await fetch(new URL('v2/health/ready', url))
  assert.is(ready.status, 503)
  assert.is(ready.headers.get('connection'), 'close')
  const late = answerBy(agent, new URL('classify', url))
  await until(() => doors.length === 2, 'it waits')
  let isOver = false
  void closed.then(() => {
    isOver = true
  })
  while (!isOver) {
    for (const door of doors.splice(0)) door.go()
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const answer of running) assert.is((await jsonOf(await answer))[0].index, 540)
  assert.is(await late, 200)
  assert.equal(statuses.filter((status) => status === 200).length, 4)
  const refused = await post(url, 'classify').catch(() => 'closed')
  assert.is(refused, 'closed')
  agent.destroy()
  server.dispose()
})

/** The status of an answer on a connection of an agent's. */
function answerBy(agent: Agent, url: URL): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: 'POST', agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject)
    sent.end(rocket)
  })
}

test('the client’s address is the connection’s, or the proxy’s word for it', async () => {
  for (const trustProxy of [false, true]) {
    const clients: (string | undefined)[] = []
    const { listener, server, close } = await open(
      { onRequest: ({ client }) => void clients.push(client) },
      { trustProxy },
    )
    const headers = { 'X-Forwarded-For': '6.6.6.6, 10.1.2.3' }
    await fetch(new URL('v2', listener.url), { headers })
    assert.equal(clients, [trustProxy ? '10.1.2.3' : '127.0.0.1'])
    await close()
    server.dispose()
  }
})

test.run()
