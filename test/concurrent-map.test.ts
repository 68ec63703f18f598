import { setTimeout } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { concurrentMap } from '../src/concurrent-map.ts'

const seconds = async (x: number) => {
  await setTimeout(Math.abs(5 - x))
  return 10 * x
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of source) all.push(value)
  return all
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.unreachable('it did not fail'),
    (error: Error) => error.message,
  )

test('results come in order, with no more under way than asked for', async () => {
  for (const most of [1, 2, 5, 100]) {
    let [now, peak] = [0, 0]
    const results = concurrentMap([1, 2, 3, 4, 5, 6, 7], most, undefined, async (x) => {
      peak = Math.max(peak, ++now)
      const result = await seconds(x)
      now--
      return result
    })
    assert.equal(await collect(results), [10, 20, 30, 40, 50, 60, 70])
    assert.is(peak, Math.min(most, 7))
  }
  assert.equal(await collect(concurrentMap([], 3, undefined, seconds)), [])
})

test('memory is bounded: what nobody asks for is not taken', async () => {
  let taken = 0
  function* endless() {
    for (;;) yield taken++
  }
  const results = concurrentMap(endless(), 3, undefined, async (x) => x)
  for (let i = 0; i < 10; i++) assert.equal((await results.next()).value, i)
  await setTimeout(5)
  assert.ok(taken <= 13, `${taken} taken`)
  await results.return()
})

test('a result does not wait for items that have not come yet', async () => {
  async function* slow() {
    yield 1
    await new Promise(() => {})
  }
  const results = concurrentMap(slow(), 8, undefined, async (x) => x)
  assert.is((await results.next()).value, 1)
})

test('a failure ends it, in its turn, aborts what is under way and closes the source', async () => {
  let [closed, aborted] = [0, 0]
  function* source() {
    try {
      for (let i = 1; ; i++) yield i
    } finally {
      closed++
    }
  }
  const results = concurrentMap(source(), 3, undefined, async (x, signal) => {
    signal.addEventListener('abort', () => aborted++)
    if (x === 2) throw new Error('two')
    return setTimeout(20, x)
  })
  assert.is((await results.next()).value, 1)
  assert.is(await failure(results.next()), 'two')
  assert.equal([closed, aborted > 0], [1, true])
  assert.is((await results.next()).done, true)
})

test('what the source throws comes behind the results of what it gave', async () => {
  async function* source() {
    yield 1
    throw new Error('source')
  }
  const results = concurrentMap(source(), 3, undefined, seconds)
  assert.is((await results.next()).value, 10)
  assert.is(await failure(results.next()), 'source')
})

test('an abort ends it before, and while it waits for items or results', async () => {
  await failure(concurrentMap([1], 1, AbortSignal.abort(new Error('before')), seconds).next()).then(
    (m) => assert.is(m, 'before'),
  )
  async function* never(): AsyncGenerator<number> {
    await new Promise(() => {})
  }
  for (const [source, work] of [
    [never(), seconds],
    [[1, 2], (_: number) => new Promise<number>(() => {})],
  ] as const) {
    const controller = new AbortController()
    const waiting = failure(concurrentMap(source, 2, controller.signal, work).next())
    await setTimeout(5)
    controller.abort(new Error('while'))
    assert.is(await waiting, 'while')
  }
})

test.run()
