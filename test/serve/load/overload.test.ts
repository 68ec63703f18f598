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
const seconds = process.env.VITRINE_TEST_ALL ? 30 : 3

const QUEUE = 8
const THREADS = 1

testUnless(
  noMemory,
  'at four times its capacity a server refuses what it can not take, and loses nothing when it is told to end',
  async () => {
    const server = await startServer([
      ...['--threads', String(THREADS), '--queue', String(QUEUE)],
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

      const first = await openLoop(arrivals)
      const warm = residentMiB(server.pid)
      expectCorrect(first)
      const half = Math.floor(first.length / 2)
      const second = await openLoop({ ...arrivals, seed: 2 }, (index) => {
        if (index === half) server.signal('SIGTERM')
      })
      expectCorrect(second.filter(({ status }) => status !== 'ECONNREFUSED'))
      assert.is(await server.ended, 0, server.output())
      assert.ok(second.some(({ status }) => status === 200))

      // Each answer that the server says it gave has come.
      const logged = server
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line))
        .filter(({ status }) => status === 200)
      const came = [...burst, ...first, ...second].filter(({ status }) => status === 200)
      assert.is(came.length, logged.length - answered)
      console.log(
        JSON.stringify({
          capacity,
          burst: count(burst),
          first: count(first),
          second: count(second),
          warm,
        }),
      )
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
  // Those that wait and those that run; two may end between the answer and the next that is taken.
  assert.ok(mostBefore(outcomes) <= QUEUE + 2 * THREADS + 2, `${mostBefore(outcomes)} before one`)
}

test.run()
