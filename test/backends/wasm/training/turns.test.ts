import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Turns } from '../../../../src/backends/wasm/training/turns.ts'

test('work alone waits for all before it, and all after it wait for it, whether it fails or not', async () => {
  const turns = new Turns()
  const log: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => async () => {
    log.push(name)
    await new Promise<void>((resolve) => ends.set(name, resolve))
    if (name === 'alone') throw new Error(name)
    return name
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const results = Promise.allSettled([
    turns.together(work('a')),
    turns.together(work('b')),
    turns.alone(work('alone')),
    turns.together(work('c')),
    turns.alone(work('last')),
  ])
  const expected = [['a', 'b'], ['alone'], ['c'], ['last']]
  for (const group of expected) {
    await settle()
    assert.equal(log.splice(0), group)
    for (const name of group) ends.get(name)!()
  }
  const found = await results
  assert.equal(
    found.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
})

test.run()
