import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { noMemory, residentMiB } from '../../../bench/serve/memory.ts'
import { testUnless } from '../../obstacle.ts'
import { BadClients } from './bad-clients.ts'
import { open, statusOf } from './raw.ts'
import { expectServed, inferPath, rightBody, startTiny } from './tiny-server.ts'

/** How many connections come; the long form is what an attacker would do. */
const MANY = process.env.VITRINE_TEST_ALL ? 10_000 : 500

/** How many the server takes. */
const CONNECTIONS = process.env.VITRINE_TEST_ALL ? 4096 : 200

/** The most memory for a connection, in MiB: that of a socket, a parser and some objects. */
const EACH = 0.03

for (const [kind, count] of [
  ['idle', MANY],
  ['headers', MANY],
  // Nobody can tell these from good clients, so only their time and their number are limited.
  ['body', Math.floor(CONNECTIONS / 2)],
] as const) {
  testUnless(
    noMemory,
    `clients that are slow (${kind}): others are served, and memory holds`,
    async () => {
      const server = await startTiny([
        ...['--timeout', '2000', '--max-connections', String(CONNECTIONS)],
      ])
      let bad: BadClients | undefined
      try {
        await expectServed(server)
        const before = residentMiB(server.pid)
        const { clients, counts } = await BadClients.start(server.url, count, kind)
        bad = clients
        assert.is(counts.open, count)
        // A client that comes now is served, whatever they hold.
        await expectServed(server)
        const growth = residentMiB(server.pid, 'VmHWM') - before
        assert.ok(growth < 64 + EACH * CONNECTIONS, `${growth.toFixed(0)} MiB more`)
        console.log(`${count} clients (${kind}): ${growth.toFixed(0)} MiB more`)
        // All of them are gone when their time is over.
        while ((await clients.counts()).ended < count) {
          await expectServed(server)
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      } finally {
        bad?.stop()
        await server.stop()
      }
    },
  )
}

test('a client that is too slow is told so', async () => {
  const server = await startTiny(['--timeout', '1000'])
  try {
    for (const bytes of [
      'POST ',
      `POST ${inferPath} HTTP/1.1\r\nHost: localhost\r\nX-Slow:`,
      `POST ${inferPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${rightBody.length}\r\n\r\n${rightBody.slice(0, 99)}`,
      `POST ${inferPath} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"inp`,
    ]) {
      const raw = await open(server.url)
      raw.send(bytes)
      const answer = await raw.ended()
      assert.is(statusOf(answer), 408, `${bytes.slice(0, 60)}: ${answer}`)
    }
    await expectServed(server)
  } finally {
    await server.stop()
  }
})

test.run()
