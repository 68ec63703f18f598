import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { prefetch } from '../../../src/train/data/prefetch.ts'
import { until } from '../../until.ts'

/** Numbers from 0, and what became of their generator. */
function numbers(failing = Number.POSITIVE_INFINITY) {
  const state = { made: 0, closed: false, aborted: false }
  async function* open(signal: AbortSignal) {
    try {
      for (;;) {
        if (state.made === failing) throw new Error(`no ${failing}`)
        await new Promise((resolve) => setImmediate(resolve))
        yield state.made++
      }
    } finally {
      state.closed = true
      state.aborted = signal.aborted
    }
  }
  return { open, state }
}

const room = { most: 5, mostBytes: 1000, bytesOf: () => 1 }

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.unreachable('it did not fail'),
    (error: Error) => error.message,
  )

test('items are made before they are asked for, up to a number, in order', async () => {
  const { open, state } = numbers()
  const items = prefetch(open, room)
  assert.is((await items.next()).value, 0)
  await until(() => state.made === 6, 'five are ready')
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.is(state.made, 6)
  for (let i = 1; i < 30; i++) {
    assert.is((await items.next()).value, i)
    assert.ok(state.made <= i + 6, `${state.made} at ${i}`)
  }
  await items.return()
})

test('or up to so many bytes; one item is always made', async () => {
  for (const [mostBytes, ready] of [
    [10, 3],
    [4, 1],
    [1, 1],
  ] as const) {
    const { open, state } = numbers()
    const items = prefetch(open, { most: 100, mostBytes, bytesOf: () => 4 })
    await items.next()
    await until(() => state.made === ready + 1, 'it is full')
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    assert.is(state.made, ready + 1)
    assert.is((await items.next()).value, 1)
    await items.return()
  }
})

test('a consumer that stops ends the generator, which has ended by then', async () => {
  for (const taken of [1, 4]) {
    const { open, state } = numbers()
    let left = taken
    for await (const _ of prefetch(open, room)) if (--left === 0) break
    assert.ok(state.closed)
    assert.ok(state.aborted)
  }
})

test('an error comes after the items before it', async () => {
  const { open, state } = numbers(3)
  const items = prefetch(open, room)
  for (const expected of [0, 1, 2]) assert.is((await items.next()).value, expected)
  assert.is(await failure(items.next()), 'no 3')
  assert.ok(state.closed)
  assert.ok((await items.next()).done)
})

test('an end is one', async () => {
  async function* three() {
    yield* [1, 2, 3]
  }
  const all: number[] = []
  for await (const item of prefetch(three, room)) all.push(item)
  assert.equal(all, [1, 2, 3])
})

test('an abort is heard at once: while an item is awaited, and while items are ready', async () => {
  const controller = new AbortController()
  const stuck = async function* (signal: AbortSignal) {
    yield 0
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }
  const items = prefetch(stuck, { ...room, signal: controller.signal })
  await items.next()
  const next = failure(items.next())
  controller.abort(new Error('enough'))
  assert.is(await next, 'enough')

  const other = new AbortController()
  const { open, state } = numbers()
  const more = prefetch(open, { ...room, signal: other.signal })
  await more.next()
  await until(() => state.made === 6, 'five are ready')
  other.abort(new Error('enough'))
  assert.is(await failure(more.next()), 'enough')
  assert.ok(state.closed)
  assert.is(await failure(prefetch(open, { ...room, signal: other.signal }).next()), 'enough')
})

test.run()
