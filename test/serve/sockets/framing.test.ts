import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ServerProcess } from '../../../bench/serve/server-process.ts'
import { exchange, open, statusOf } from './raw.ts'
import { expectServed, inferPath, rightBody, startTiny } from './tiny-server.ts'

let server: ServerProcess

test.before(async () => {
  server = await startTiny()
})

test.after(async () => {
  await server?.stop()
})

const head = (...headers: string[]) =>
  [`POST ${inferPath} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

test('a body in chunks made by hand, however it is cut', async () => {
  for (const size of [1, 7, 1000, rightBody.length]) {
    const raw = await open(server.url)
    const pieces = rightBody.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g'))!
    raw.send(head('Transfer-Encoding: chunked', 'Connection: close'))
    raw.send(`${pieces.map(chunk).join('')}0\r\n\r\n`)
    assert.is(statusOf(await raw.ended()), 200, `in pieces of ${size}`)
  }
})

test('chunk sizes that are none', async () => {
  for (const size of [
    'zz',
    '-1',
    '1g',
    '0x5',
    'ffffffffffffffffff',
    '',
    ' ',
    '5;'.padEnd(40_000, 'x'),
  ]) {
    const answer = await exchange(
      server.url,
      `${head('Transfer-Encoding: chunked')}${size}\r\nhello\r\n0\r\n\r\n`,
    )
    // What is no chunk is no request; Node answers or resets.
    assert.ok([400, 413, Number.NaN].includes(statusOf(answer)), `${size}: ${answer.slice(0, 100)}`)
  }
  await expectServed(server)
})

test('a chunk that is shorter or longer than it says', async () => {
  for (const body of ['5\r\nhelloworld\r\n0\r\n\r\n', '3\r\nhello\r\n0\r\n\r\n']) {
    const answer = await exchange(server.url, head('Transfer-Encoding: chunked') + body)
    assert.is(statusOf(answer), 400)
  }
  await expectServed(server)
})

test('two lengths of one body, as smugglers send them', async () => {
  for (const headers of [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5, 6'],
    ['Content-Length: -5'],
    ['Content-Length: 5x'],
    ['Content-Length: 99999999999999999999999'],
    ['Transfer-Encoding: chunked, identity'],
  ]) {
    const answer = await exchange(server.url, `${head(...headers)}5\r\nhello\r\n0\r\n\r\n`)
    assert.ok([400, 413].includes(statusOf(answer)), `${headers}: ${answer.slice(0, 100)}`)
  }
  await expectServed(server)
})

test('headers that are none, too long or too many', async () => {
  for (const [headers, statuses] of [
    [['No colon'], [400]],
    [['A: b\0c'], [400]],
    [[': empty'], [400]],
    [[`Long: ${'x'.repeat(200_000)}`], [431]],
    [Array.from({ length: 20_000 }, (_, i) => `X-${i}: y`), [431]],
  ] as const) {
    const answer = await exchange(server.url, head(...headers, 'Content-Length: 0'))
    assert.ok((statuses as readonly number[]).includes(statusOf(answer)), answer.slice(0, 100))
  }
  await expectServed(server)
})

test('what is no HTTP', async () => {
  for (const bytes of [
    'hello\r\n\r\n',
    'GET /\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3),
    new Uint8Array(65536),
  ]) {
    const answer = await exchange(server.url, bytes)
    assert.ok([400, 431, 505].includes(statusOf(answer)), answer.slice(0, 100))
  }
  await expectServed(server)
})

test('truncated bodies: the client leaves, and others are served', async () => {
  for (const headers of [
    ['Content-Length: 5000'],
    ['Transfer-Encoding: chunked'],
    ['Content-Length: 5000', 'Content-Encoding: gzip'],
  ]) {
    const ends = await open(server.url)
    ends.send(`${head(...headers)}${headers[0]!.startsWith('T') ? chunk('{"inp') : '{"inp'}`)
    ends.socket.end()
    const answer = await ends.ended()
    // The server may answer what it can't read, with a fault of the client's.
    if (answer !== '') assert.is(Math.floor(statusOf(answer) / 100), 4, answer.slice(0, 200))
    const resets = await open(server.url)
    resets.send(`${head(...headers)}{"inp`)
    resets.socket.resetAndDestroy()
    await resets.ended()
  }
  await expectServed(server)
})

test('a body that is too large is refused before it is sent', async () => {
  const length = 1e12
  for (const asks of [[], ['Expect: 100-continue']]) {
    const raw = await open(server.url)
    raw.send(head(`Content-Length: ${length}`, ...asks))
    const [line] = await raw.comes(/^HTTP\/1\.1 \d+ .*\r\n/)
    assert.ok([413, 417].includes(statusOf(line)), line)
    raw.socket.destroy()
  }
  await expectServed(server)
})

test('a client that asks whether it may send is told to', async () => {
  const raw = await open(server.url)
  raw.send(head(`Content-Length: ${rightBody.length}`, 'Expect: 100-continue', 'Connection: close'))
  await raw.comes(/^HTTP\/1\.1 100 /)
  raw.send(rightBody)
  assert.match(await raw.ended(), /HTTP\/1\.1 200 /)
})

test('requests behind each other on one connection are answered in their order', async () => {
  const raw = await open(server.url)
  const bodies = Array.from({ length: 20 }, (_, id) =>
    JSON.stringify({ ...JSON.parse(rightBody), id: `number ${id}` }),
  )
  const requests = bodies.map((body) => head(`Content-Length: ${Buffer.byteLength(body)}`) + body)
  raw.send(requests.join(''))
  await raw.comes(/number 19/)
  const ids = [...raw.received().matchAll(/"number (\d+)"/g)].map(([, id]) => Number(id))
  assert.equal(
    ids,
    bodies.map((_, id) => id),
  )
  raw.socket.destroy()
})

test.run()
