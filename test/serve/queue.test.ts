import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Queue } from '../../src/serve/queue/queue.ts'
import { gate } from './harness.ts'

const options = { places: 4, slots: 2, delay: 0, overloadStatus: 503 }
const never = new AbortController().signal
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('items begin in the order in which they come, as many at once as there are slots', async () => {
  const queue = new Queue(options)
  const begun: number[] = []
  const doors = [0, 1, 2, 3].map(gate)
  const work = async (i: number) => {
    begun.push(i)
    await doors[i]!.opened
    return 10 * i
  }
  const first = queue.all([0, 1, 2], never, work)
  const last = queue.all([3], never, work)
  assert.equal(begun, [0, 1])
  assert.is(queue.pending, 4)
  doors[1]!.open()
  await turn()
  assert.equal(begun, [0, 1, 2])
  for (const door of doors) door.open()
  assert.equal(await first, [0, 10, 20])
  assert.equal(await last, [30])
  assert.is(queue.pending, 0)
})

test('when an item fails, the others of its request end: those that wait never begin', async () => {
  const queue = new Queue({ ...options, slots: 1 })
  const begun: number[] = []
  const failing = queue.all([0, 1], never, async (i) => {
    begun.push(i)
    throw new RangeError('broken')
  })
  const other = queue.all([7], never, async (i) => i)
  try {
    await failing
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'broken')
  }
  assert.equal(await other, [7])
  assert.equal(begun, [0])
  assert.is(queue.pending, 0)
})

test('a request whose signal is aborted before takes no place', async () => {
  const queue = new Queue(options)
  const reason = new Error('gone')
  try {
    await queue.all([1], AbortSignal.abort(reason), async () => assert.unreachable())
    assert.unreachable()
  } catch (error) {
    assert.is(error, reason)
  }
  assert.is(queue.pending, 0)
})

test('what is aborted keeps its place until its work has stopped', async () => {
  const queue = new Queue(options)
  const client = new AbortController()
  const stopped = gate()
  const running = queue.all([1], client.signal, async (_, signal) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    await stopped.opened
    throw signal.reason
  })
  client.abort(new Error('gone'))
  await turn()
  assert.is(queue.pending, 1)
  stopped.open()
  try {
    await running
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'gone')
  }
  assert.is(queue.pending, 0)
})

test('with a delay, the first waits for others, unless all slots can be filled', async () => {
  const queue = new Queue({ ...options, slots: 3, delay: 20 })
  let running = 0
  const together: number[] = []
  const door = gate()
  const work = async () => {
    running++
    await turn()
    together.push(running)
    await door.opened
    running--
  }
  const first = queue.all([0], never, work)
  await turn()
  assert.is(running, 0)
  const second = queue.all([1], never, work)
  while (together.length < 2) await turn()
  assert.equal(together, [2, 2])
  // While some run, nothing waits.
  const third = queue.all([2], never, work)
  assert.is(running, 3)
  door.open()
  await Promise.all([first, second, third])
  const three = queue.all([0, 1, 2], never, work)
  assert.is(running, 3)
  await three
})

test.run()
