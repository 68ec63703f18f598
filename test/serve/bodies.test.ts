import { deflateSync, gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { base64, gate, get, jsonOf, post, rocket, served } from './harness.ts'

const server = await served({ maxBodyBytes: 2 ** 20, maxBodiesBytes: 3 * 2 ** 19, timeout: 60_000 })

test('compressed bodies', async () => {
  const bodies = [
    ['gzip', gzipSync(rocket)],
    ['x-gzip', gzipSync(rocket)],
    ['GZIP', gzipSync(rocket)],
    ['deflate', deflateSync(rocket)],
    ['identity', rocket],
  ] as const
  for (const [encoding, body] of bodies) {
    const headers = { 'Content-Encoding': encoding }
    const response = await post(server, '/classify', new Blob([new Uint8Array(body)]), { headers })
    assert.is(response.status, 200, encoding)
    assert.is((await jsonOf(response))[0].index, 540)
  }
  const json = gzipSync(JSON.stringify({ input: `data:image/jpeg;base64,${base64(rocket)}` }))
  const headers = { 'Content-Encoding': 'gzip' }
  const response = await post(server, '/v1/embeddings', new Blob([new Uint8Array(json)]), {
    headers,
  })
  assert.is(response.status, 200)
})

test('a bomb of gzip is refused at the limit of bodies, without its gigabyte', async () => {
  const roomy = await served({ maxBodyBytes: 2 ** 20 })
  let pulled = 0
  const piece = gzipSync(new Uint8Array(2 ** 24))
  // Members of gzip in a row; each has 16 MiB.
  const body = new ReadableStream({
    pull(controller) {
      pulled++
      if (pulled > 64) controller.close()
      else controller.enqueue(new Uint8Array(piece))
    },
  })
  const before = process.memoryUsage().rss
  const response = await post(roomy, '/classify', body, {
    headers: { 'Content-Encoding': 'gzip' },
    duplex: 'half',
  } as RequestInit)
  assert.is(response.status, 413)
  assert.match((await jsonOf(response)).error, /more than 1048576 bytes/)
  assert.ok(process.memoryUsage().rss - before < 2 ** 27)
  roomy.dispose()
})

test('what is truncated or has more behind its end is refused', async () => {
  const whole = gzipSync(rocket)
  for (const body of [whole.subarray(0, 1000), Buffer.concat([whole, Buffer.from('more')])]) {
    const response = await post(server, '/classify', new Blob([new Uint8Array(body)]), {
      headers: { 'Content-Encoding': 'gzip' },
    })
    assert.is(response.status, 400)
    assert.match((await jsonOf(response)).error, /can't be decompressed as gzip/)
  }
})

test('a body that is too large, by its length and without one', async () => {
  const large = new Uint8Array(2 ** 20 + 1)
  const stream = new Blob([large]).stream()
  const answers = [
    await post(server, '/classify', large, { headers: { 'Content-Length': String(large.length) } }),
    await post(server, '/classify', stream, { duplex: 'half' } as RequestInit),
  ]
  for (const response of answers) {
    assert.is(response.status, 413)
    assert.match((await jsonOf(response)).error, /more than 1048576 bytes/)
  }
})

/** A body that sends so many bytes and then waits. */
function slowBody(bytes: number) {
  const door = gate()
  const sent = gate()
  let hasSent = false
  const stream = new ReadableStream({
    async pull(controller) {
      if (!hasSent) {
        hasSent = true
        controller.enqueue(new Uint8Array(bytes))
        return
      }
      sent.open()
      await door.opened
      controller.close()
    },
  })
  return { stream, sent: sent.opened, end: door.open }
}

test('bodies that come slowly take no place in the queue, and have a limit together', async () => {
  const slow = [slowBody(2 ** 19), slowBody(2 ** 19), slowBody(2 ** 19)]
  const answers = slow.map(({ stream }) =>
    post(server, '/classify', stream, { duplex: 'half' } as RequestInit),
  )
  await Promise.all(slow.map(({ sent }) => sent))
  const metrics = await (await get(server, '/metrics')).text()
  assert.match(metrics, /^vitrine_pending_items\{model="ti"\} 0$/m)
  const refused = await post(server, '/classify', rocket)
  assert.is(refused.status, 503)
  assert.match(
    (await jsonOf(refused)).error,
    /1572864 bytes of other requests; the limit is 1572864/,
  )
  for (const { end } of slow) end()
  for (const answer of answers) assert.is((await answer).status, 400)
  assert.is((await post(server, '/classify', rocket)).status, 200)
})

test('a body that does not come in time: 408', async () => {
  const hasty = await served({ timeout: 50 })
  const { stream, end } = slowBody(10)
  const response = await post(hasty, '/classify', stream, { duplex: 'half' } as RequestInit)
  assert.is(response.status, 408)
  assert.match((await jsonOf(response)).error, /did not come within 50 ms/)
  end()
  hasty.dispose()
})

test('a body that breaks off: 400', async () => {
  const stream = new ReadableStream({
    pull(controller) {
      controller.error(new Error('connection lost'))
    },
  })
  const response = await post(server, '/classify', stream, { duplex: 'half' } as RequestInit)
  assert.is(response.status, 400)
  assert.match((await jsonOf(response)).error, /ended too early/)
})

test.after(() => server.dispose())
test.run()
