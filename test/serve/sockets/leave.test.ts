import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer } from '../../../bench/serve/server-process.ts'
import { open } from './raw.ts'
import { pending } from './tiny-server.ts'

const picture = readFileSync(new URL('../../../examples/chelsea.png', import.meta.url))
const QUEUE = 8

test('clients that leave free their places', async () => {
  const server = await startServer(['--threads', '1', '--queue', String(QUEUE), '--log'])
  try {
    const head = `POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${picture.length}\r\n\r\n`
    // Again and again more than fit, all of whom leave: were a place kept each time, none would be left.
    for (let round = 0; round < 4; round++) {
      const clients = await Promise.all(Array.from({ length: QUEUE }, () => open(server.url)))
      for (const client of clients) {
        client.send(head)
        client.send(picture)
      }
      while ((await pending(server)) === 0 && clients.every((one) => one.received() === '')) {
        // Until the first has come.
      }
      for (const client of clients) client.socket.resetAndDestroy()
      while ((await pending(server)) > 0) {
        // Until the last has left.
      }
    }
    const response = await fetch(`${server.url}/classify`, { method: 'POST', body: picture })
    assert.is(response.status, 200)
    const [top] = (await response.json()) as [{ label: string }]
    assert.is(top.label, 'Egyptian cat')
    const statuses = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line).status)
    assert.ok(statuses.includes(499), `no request was given up: ${statuses}`)
    assert.not.ok(
      statuses.some((status: number) => status === 500),
      `${statuses}`,
    )
  } finally {
    await server.stop()
  }
})

test.run()
