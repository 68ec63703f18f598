// Runs alone: what it sends is four times what the machine can answer.
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closedLoop } from '../../../bench/serve/closed-loop.ts'
import { noMemory, residentMiB } from '../../../bench/serve/memory.ts'
import { count, mostBefore, openLoop } from '../../../bench/serve/open-loop.ts'
import { startServer } from '../../../bench/serve/server-process.ts'
import { testUnless } from '../../obstacle.ts'

const image = readFileSync(new URL('../../../examples/chelsea.png', import.meta.url))

/** How long it takes, in seconds; SIGTERM comes in the middle of the second part. */
const seconds = process.env.VITRINE_TEST_ALL ? 30 : 2

const QUEUE = 8
testUnless(
  noMemory,
  'at four times its capacity a server refuses what it can not take, and loses nothing when it is told to end',
  async () => {
    const server = await startServer([
      ...['--threads', '1', '--queue', String(QUEUE)],
      ...['--drain', '1000', '--log'],
    ])
    try {
      const url = `${server.url}/classify`
      const { answered, ...alone } = await closedLoop(url, image, 2, 2)
      const capacity = answered / alone.seconds
      const arrivals = { url, body: image, rate: 4 * capacity, seconds }

      // Many at once are more than fit, however fast the machine is.
      const burst = await openLoop({ url, body: image, rate: 1e6, seconds: 30 * QUEUE * 1e-6 })
      expectCorrect(burst)
      assert.ok(count(burst)[200]! >= QUEUE && count(burst)[503]! > 0, JSON.stringify(count(burst)))

      const before = residentMiB(server.pid)
      const first = await openLoop(arrivals)
      const growth = residentMiB(server.pid) - before
      assert.ok(growth < 96, `${growth} MiB more`)
      expectCorrect(first)
      expectBounded(first)
      const half = Math.floor(first.length / 2)
      const second = await openLoop({ ...arrivals, seed: 2 }, (index) => {
        if (index === half) server.signal('SIGTERM')
      })
      const code = await server.ended
      assert.is(code, 0, server.output())
      expectCorrect(second.slice(0, half))
      // A connection that the server has not seen when it closes its port is reset by the system.
      expectCorrect(second.filter(({ status }) => !/^ECONN(REFUSED|RESET)$/.test(String(status))))
      expectBounded(second)

      // All that the server took is answered, and each answer came.
      const all = [...burst, ...first, ...second]
      assert.equal(loggedBy(server.output()), {
        200: count(all)[200]! + answered,
        503: count(all)[503],
      })
      console.log(JSON.stringify([burst, first, second].map(count)))
    } finally {
      await server.stop()
    }
  },
)

function expectCorrect(outcomes: Awaited<ReturnType<typeof openLoop>>): void {
  const counts = count(outcomes)
  const right = (counts[200] ?? 0) + (counts[503] ?? 0)
  assert.is(right, outcomes.length, JSON.stringify(counts))
  for (const { status, retryAfter } of outcomes) {
    if (status === 503) assert.match(String(retryAfter), /^[1-9]\d*$/)
  }
}

/** How many requests each status was given, as the server's log says. */
function loggedBy(output: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const line of output.split('\n').filter((one) => one.startsWith('{'))) {
    const { status, route } = JSON.parse(line)
    if (route === '/classify') counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

/** What is accepted waits for the queue and no longer: as much again may end while its body comes. */
function expectBounded(outcomes: Awaited<ReturnType<typeof openLoop>>): void {
  assert.ok(mostBefore(outcomes) <= 2 * QUEUE + 4, `${mostBefore(outcomes)} before one`)
}

test.run()
